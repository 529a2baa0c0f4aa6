//! Bytes that are no message of the API: bad protobuf, bad UTF-8, bad frames, too much.

use crate::request::{Request, post};
use crate::row::{Row, row};
use crate::stage::{Stage, snapshot, stores};
use creditbank_tests::Clients;
use ledger_core::Reason;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use tokio::io::AsyncReadExt;
use tonic::Status;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::Service;
use tonic::codegen::http::{self, uri::PathAndQuery};

/// The path of a method.
pub type Method = &'static str;

const POST_ENTRY: Method = "/creditbank.v1.LedgerService/PostEntry";
const WATCH_EVENTS: Method = "/creditbank.v1.LedgerService/WatchEvents";
const GET_BALANCE: Method = "/creditbank.v1.AccountService/GetBalance";
const CREATE_COURSE: Method = "/creditbank.v1.RegistryService/CreateCourse";

/// All of them.
pub fn rows() -> Vec<Row> {
    [malformed(), frames(), too_large()].concat()
}

fn malformed() -> Vec<Row> {
    let nested_groups = [0x1B; 128];
    [
        ("a message cut short", POST_ENTRY, &b"\x1a\xff\x01"[..]),
        ("a text where a number belongs", POST_ENTRY, b"\x1a\x02\x50\x00\x50"),
        ("a number where a text belongs", POST_ENTRY, b"\x10\x01"),
        ("field zero", POST_ENTRY, b"\x00\x00"),
        ("a length without an end", POST_ENTRY, b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("an end of what never began", POST_ENTRY, b"\x0c"),
        ("groups in groups without an end", POST_ENTRY, &nested_groups),
        ("JSON for protobuf", POST_ENTRY, br#"{"requestId":"0123456789abcdef"}"#),
        ("a request id that is not UTF-8", POST_ENTRY, b"\x12\x02\xc3\x28"),
        ("half of a surrogate pair", POST_ENTRY, b"\x12\x03\xed\xa0\x80"),
        ("a title in GB 18030", CREATE_COURSE, b"\x22\x06\x1a\x04\xb2\xe8\xd2\xd5"),
        ("a title in Big5", CREATE_COURSE, b"\x22\x06\x1a\x04\xaf\xf9\xc3\xc0"),
        ("a question that is not UTF-8", GET_BALANCE, b"\x0a\x01\xff"),
        ("a watch that is not UTF-8", WATCH_EVENTS, b"\x0a\x01\xff"),
    ]
    .map(|(what, method, bytes)| {
        let request = Request::Bytes(method, bytes.to_vec());
        row(what, request, tonic::Code::InvalidArgument, Reason::MalformedMessage)
    })
    .to_vec()
}

fn frames() -> Vec<Row> {
    [
        ("no message", ""),
        ("half a frame's head", "\0\0\0"),
        ("a frame that promises more than it holds", "\0\0\0\0\x40\x12\x10"),
    ]
    .map(|(what, body)| {
        let request = Request::Body(POST_ENTRY, body.to_owned());
        row(what, request, tonic::Code::InvalidArgument, Reason::MalformedMessage)
    })
    .to_vec()
}

fn too_large() -> Vec<Row> {
    let large = |bytes: usize| post(|entry| entry.session = "s".repeat(bytes));
    let most = creditbank_grpc::MAX_MESSAGE_BYTES;
    let promised = Request::Body(POST_ENTRY, "\0\x7f\x7f\x7f\x7f".to_owned());
    [
        ("a message just over the limit", Request::from(large(most))),
        ("a message of three times the limit", large(3 * most).into()),
        ("a frame that promises two gigabytes", promised),
    ]
    .map(|(what, request)| row(what, request, tonic::Code::ResourceExhausted, Reason::MessageTooLarge))
    .to_vec()
}

/// Sends bytes in the frame of a message.
pub async fn send_bytes(clients: &Clients, method: Method, bytes: Vec<u8>) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(clients.channel.clone());
    client.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let request = tonic::Request::new(bytes);
    client.unary(request, PathAndQuery::from_static(method), Untyped).await.map(drop)
}

/// Sends a whole body.
pub async fn send_body(clients: &Clients, method: Method, body: String) -> Result<(), Status> {
    let mut channel = clients.channel.clone();
    std::future::poll_fn(|cx| channel.poll_ready(cx)).await.unwrap();
    let request = http::Request::post(method)
        .version(http::Version::HTTP_2)
        .header(http::header::CONTENT_TYPE, "application/grpc")
        .header(http::header::TE, "trailers")
        .body(Body::new(body))
        .unwrap();
    let response = channel.call(request).await.unwrap();
    Status::from_header_map(response.headers()).map_or(Ok(()), Err)
}

/// Messages as bytes, whatever they mean.
struct Untyped;

impl Codec for Untyped {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Untyped;
    type Decoder = Untyped;

    fn encoder(&mut self) -> Untyped {
        Untyped
    }

    fn decoder(&mut self) -> Untyped {
        Untyped
    }
}

impl Encoder for Untyped {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, bytes: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        let mut rest = bytes.as_slice();
        buffer.reserve(rest.len());
        while !rest.is_empty() {
            // A slice is read at once, so that one poll is enough.
            let read = pin!(rest.read_buf(buffer)).poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(read, Poll::Ready(Ok(n)) if n > 0), "the buffer takes the bytes");
        }
        Ok(())
    }
}

impl Decoder for Untyped {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, _: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        Ok(Some(()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_breaks_grpc_itself_gets_the_code_that_grpc_asks_for_and_changes_nothing() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let stage = Stage::on(on).await;
        let before = snapshot(&stage.clients).await;
        for (what, body) in
            [("compressed without saying how", "\x01\0\0\0\0"), ("of an unknown flag", "\x02\0\0\0\0")]
        {
            let status = send_body(&stage.clients, POST_ENTRY, body.to_owned()).await.unwrap_err();
            assert_eq!(status.code(), tonic::Code::Internal, "{store}: a frame {what}: {status:?}");
        }
        assert_eq!(snapshot(&stage.clients).await, before, "{store}");
    }
}
