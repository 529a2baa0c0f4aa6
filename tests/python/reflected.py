"""A gRPC client that knows nothing of the API but what the server tells about itself by reflection."""

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status


class Bank:
    """The services of a server, called by name with plain dictionaries."""

    def __init__(self, address, token=None):
        self.channel = grpc.insecure_channel(address)
        self.shown = [("authorization", f"Bearer {token}")] if token else []
        self.database = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = descriptor_pool.DescriptorPool(self.database)

    def services(self):
        return sorted(self.database.get_services())

    def _method(self, path):
        service, method = path.split("/")
        found = self.pool.FindServiceByName(service).FindMethodByName(method)
        classes = [message_factory.GetMessageClass(m) for m in (found.input_type, found.output_type)]
        return f"/{service}/{method}", *classes

    def message(self, path, **fields):
        _, request, _ = self._method(path)
        return json_format.ParseDict(fields, request())

    def call(self, path, timeout=20, **fields):
        name, request, answer = self._method(path)
        stub = self.channel.unary_unary(name, request.SerializeToString, answer.FromString)
        return stub(json_format.ParseDict(fields, request()), timeout=timeout, metadata=self.shown)

    def stream(self, path, timeout=20, **fields):
        name, request, answer = self._method(path)
        stub = self.channel.unary_stream(name, request.SerializeToString, answer.FromString)
        return stub(json_format.ParseDict(fields, request()), timeout=timeout, metadata=self.shown)

    def raw(self, path, data):
        """Sends bytes as they are."""
        return self.channel.unary_unary(f"/{path}", lambda b: b, lambda b: b)(data, timeout=20, metadata=self.shown)


def details(error):
    """Reason, domain, metadata and fields at fault of a typed error."""
    status = rpc_status.from_call(error)
    info, fields = error_details_pb2.ErrorInfo(), []
    for detail in status.details if status else []:
        if detail.Is(info.DESCRIPTOR):
            detail.Unpack(info)
        bad = error_details_pb2.BadRequest()
        if detail.Is(bad.DESCRIPTOR):
            detail.Unpack(bad)
            fields += [violation.field for violation in bad.field_violations]
    return info.reason, info.domain, dict(info.metadata), fields
