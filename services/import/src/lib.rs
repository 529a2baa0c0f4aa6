#[cfg(test)]
mod t { 
 #[derive(serde::Deserialize, Debug)] #[serde(deny_unknown_fields)] struct D { #[allow(unused)] a: std::collections::BTreeMap<String, E> }
 #[derive(serde::Deserialize, Debug)] #[serde(deny_unknown_fields)] struct E { #[allow(unused)] b: i64 }
 #[test] fn x() {
  for t in ["[a.q]\nb = 1\nc = 2", "[a.q]\nb = 'x'", "[a.q]\n", "[a.q\n", "zz = 1", "[a.q]\nb=1\nb=2", "a.q.b = 1.5"] {
  let e = toml::from_str::<D>(t).unwrap_err(); println!("{:?}", e); let mut e = e; e.set_input(None); println!("{e}");
  let r: Result<D,_> = toml::from_str::<toml::Table>(t).and_then(|t| t.try_into()); if let Err(e) = r { println!("T {e:?}"); }
  }
  let mut r = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader("a,b\n\n\n1,\"x\ny\"\n\n3,4\n".as_bytes());
  let mut rec = csv::StringRecord::new();
  while r.read_record(&mut rec).unwrap() { println!("{:?} start {:?} after {:?}", rec, rec.position(), r.position().line()); }
 }}
