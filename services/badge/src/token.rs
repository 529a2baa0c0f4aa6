//! Signing and reading: JSON that bears its proof (Data Integrity, `eddsa-jcs-2022`), or a JSON Web Token whose claims are the
//! credential (Open Badges 3.0 §8.2, VC-JOSE-COSE).

use crate::error::{Fault, malformed};
use crate::issuer::{Issuer, Key, base58, coordinate};
use crate::unique::Unique;
use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::Signature;
use ed25519_dalek::ed25519::signature::Signer;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

const PROOF: &str = "DataIntegrityProof";
const SUITE: &str = "eddsa-jcs-2022";

/// The longest token that is read: a transcript of 500 entries has 2 MB (our own default).
pub const LONGEST: usize = 4 << 20;

/// A credential as it travels: the same in both forms that its standard knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// JSON that bears its proof (`eddsa-jcs-2022`).
    pub json: String,
    /// A compact JSON Web Token.
    pub jwt: String,
}

/// The form of a credential: what stands in one names where its list of revocations is in the same form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// JSON that bears its proof.
    Json,
    /// A compact JSON Web Token.
    Jwt,
}

/// Signs what is written for each form.
pub(crate) fn both(
    issuer: &Issuer,
    write: impl Fn(Form) -> Result<Map<String, Value>, Fault>,
) -> Result<Signed, Fault> {
    let json = Value::Object(prove(issuer, write(Form::Json)?)?).to_string();
    Ok(Signed { json, jwt: sign(issuer, "JWT", write(Form::Jwt)?)? })
}

/// Adds the proof of Data Integrity EdDSA Cryptosuites 1.0, `eddsa-jcs-2022`.
///
/// # Errors
/// Where it cannot be written canonically.
pub(crate) fn prove(
    issuer: &Issuer,
    mut credential: Map<String, Value>,
) -> Result<Map<String, Value>, Fault> {
    let mut proof = Map::new();
    let mut put = |name: &str, value: Value| proof.insert(name.to_owned(), value);
    put("@context", credential.get("@context").cloned().unwrap_or_default());
    put("type", PROOF.into());
    put("cryptosuite", SUITE.into());
    put("created", credential.get("validFrom").cloned().unwrap_or_default());
    put("verificationMethod", issuer.key_id().into());
    put("proofPurpose", "assertionMethod".into());
    let signature = issuer.signing().sign(&hashed(&proof, &credential)?);
    proof.insert(
        "proofValue".to_owned(),
        format!("z{}", bs58::encode(signature.to_bytes()).into_string()).into(),
    );
    credential.insert("proof".to_owned(), proof.into());
    Ok(credential)
}

/// What is signed: SHA-256 of the proof without its value, then of the credential without its proof.
fn hashed(proof: &Map<String, Value>, credential: &Map<String, Value>) -> Result<[u8; 64], Fault> {
    let hash = |part: &Map<String, Value>| -> Result<[u8; 32], Fault> {
        let canonical =
            serde_json_canonicalizer::to_vec(part).map_err(|error| malformed(error.to_string()))?;
        Ok(Sha256::digest(canonical).into())
    };
    let mut both = [0; 64];
    both[..32].copy_from_slice(&hash(proof)?);
    both[32..].copy_from_slice(&hash(credential)?);
    Ok(both)
}

/// Signs a credential as a token. `iss`, `jti`, `nbf`, `sub` and `exp` repeat what it says.
///
/// # Errors
/// Where it is no credential, or cannot be signed.
pub(crate) fn sign(issuer: &Issuer, typ: &str, mut credential: Map<String, Value>) -> Result<String, Fault> {
    let instant = |name: &str| {
        let text = credential.get(name)?.as_str()?;
        Some(DateTime::parse_from_rfc3339(text).ok()?.timestamp())
    };
    let claims = [
        ("iss", Some(issuer.did().into())),
        ("jti", credential.get("id").cloned()),
        ("sub", credential.get("credentialSubject").and_then(|subject| subject.get("id")).cloned()),
        ("nbf", instant("validFrom").map(Value::from)),
        ("exp", instant("validUntil").map(Value::from)),
    ];
    for (name, value) in claims {
        credential.extend(value.map(|value| (name.to_owned(), value)));
    }
    let header =
        Header { typ: Some(typ.to_owned()), kid: Some(issuer.key_id()), ..Header::new(Algorithm::EdDSA) };
    let der = issuer.signing().to_pkcs8_der().map_err(|error| malformed(error.to_string()))?;
    encode(&header, &credential, &EncodingKey::from_ed_der(der.as_bytes()))
        .map_err(|error| malformed(error.to_string()))
}

/// Reads a credential that a key has signed, in either form, whatever day it is.
///
/// # Errors
/// `Malformed`, `SignatureInvalid`, `IssuerMismatch`.
pub(crate) fn read(text: &str, key: &Key) -> Result<Map<String, Value>, Fault> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.len() > LONGEST {
        return Err(malformed(format!("it is longer than {LONGEST} bytes")));
    }
    if text.starts_with('{') {
        let Unique(read) = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
        let Value::Object(credential) = read else { return Err(malformed("it is no credential")) };
        return proven(credential, key);
    }
    let claims = token(text, key)?;
    let says = |name: &str| claims.get(name).and_then(Value::as_str);
    let subject =
        claims.get("credentialSubject").and_then(|subject| subject.get("id")).and_then(Value::as_str);
    // What repeats the credential must be what it repeats.
    if says("iss").is_some_and(|named| !key.is(named)) || says("jti") != says("id") || says("sub") != subject
    {
        return Err(malformed("its claims are not those of the credential"));
    }
    Ok(claims)
}

/// Reads JSON that bears its proof.
pub(crate) fn proven(mut credential: Map<String, Value>, key: &Key) -> Result<Map<String, Value>, Fault> {
    let Some(Value::Object(mut proof)) = credential.remove("proof") else {
        return Err(malformed("it bears no proof"));
    };
    let says = |name: &str| proof.get(name).and_then(Value::as_str);
    if (says("type"), says("cryptosuite"), says("proofPurpose"))
        != (Some(PROOF), Some(SUITE), Some("assertionMethod"))
    {
        return Err(malformed(format!("its proof is not of the suite {SUITE}")));
    }
    if proof.get("@context").is_some_and(|context| credential.get("@context") != Some(context)) {
        return Err(malformed("its proof is of another context"));
    }
    let value = proof.remove("proofValue");
    let signature: Option<[u8; 64]> = value.as_ref().and_then(Value::as_str).and_then(base58);
    let signature = signature.ok_or_else(|| malformed("its proof has no signature"))?;
    let signature = Signature::from_bytes(&signature);
    let (hashed, method) =
        (hashed(&proof, &credential)?, proof.get("verificationMethod").and_then(Value::as_str));
    if !key.named(method).any(|key| key.verify_strict(&hashed, &signature).is_ok()) {
        return Err(Fault::SignatureInvalid(key.did().to_owned()));
    }
    of_issuer(credential, key)
}

fn token(token: &str, key: &Key) -> Result<Map<String, Value>, Fault> {
    let header = decode_header(token).map_err(|error| malformed(error.to_string()))?;
    if header.alg != Algorithm::EdDSA {
        return Err(malformed(format!("it is signed by {:?}, not by EdDSA", header.alg)));
    }
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    for key_of in key.named(header.kid.as_deref()) {
        let decoding = DecodingKey::from_ed_components(&coordinate(key_of));
        let decoding = decoding.map_err(|error| malformed(error.to_string()))?;
        if let Ok(read) = decode::<Map<String, Value>>(token, &decoding, &validation) {
            return of_issuer(read.claims, key);
        }
    }
    Err(Fault::SignatureInvalid(key.did().to_owned()))
}

fn of_issuer(credential: Map<String, Value>, key: &Key) -> Result<Map<String, Value>, Fault> {
    let issuer = issuer_of(&credential).ok_or_else(|| malformed("it names no issuer"))?;
    if key.is(issuer) {
        return Ok(credential);
    }
    Err(Fault::IssuerMismatch { found: issuer.to_owned(), expected: key.did().to_owned() })
}

/// The issuer's name as a credential says it.
pub(crate) fn issuer_of(claims: &Map<String, Value>) -> Option<&str> {
    let issuer = claims.get("issuer")?;
    issuer.as_str().or_else(|| issuer.get("id")?.as_str())
}

/// How far clocks may differ (our own default).
const LEEWAY: TimeDelta = TimeDelta::seconds(60);

/// Whether a credential is of a type.
pub(crate) fn is_of(claims: &Map<String, Value>, wanted: &str) -> bool {
    let types = claims.get("type").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    types.iter().any(|found| found == wanted)
}

/// Holds what a credential says of its time against an instant.
///
/// # Errors
/// `NotYetValid`, `Expired`; `Malformed` where it is no time.
pub(crate) fn holds(claims: &Map<String, Value>, now: DateTime<Utc>) -> Result<(), Fault> {
    let instant = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value
            .as_str()
            .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
            .map(|instant| Some(instant.to_utc()))
            .ok_or_else(|| malformed(format!("its {name} is no time"))),
    };
    let (from, until) = (instant("validFrom")?, instant("validUntil")?);
    match (from, until) {
        (Some(from), _) if now + LEEWAY < from => Err(Fault::NotYetValid(from.to_rfc3339())),
        (_, Some(until)) if now > until + LEEWAY => Err(Fault::Expired(until.to_rfc3339())),
        _ => Ok(()),
    }
}
