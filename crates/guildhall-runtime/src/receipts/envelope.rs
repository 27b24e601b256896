//! The form of a signed receipt: the Dead Simple Signing Envelope (DSSE 1.0, secure systems
//! lab, 2021), so that any program that reads these can check one.

use data_encoding::BASE64;
use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use super::key::{PublicKey, SigningKey};
use super::statement::{Statement, VERSION};
use crate::RuntimeError;

/// What the payload is.
const PAYLOAD_TYPE: &str = "application/vnd.guildhall.receipt+json";

/// A signed receipt.
///
/// ```
/// use guildhall_runtime::receipts::Envelope;
///
/// let unsigned = r#"{"payloadType": "text/plain", "payload": "aGk=", "signatures": []}"#;
/// let envelope: Envelope = serde_json::from_str(unsigned)?;
/// let error = envelope.open().unwrap_err();
/// assert!(error.to_string().contains("not one of Guildhall's"), "{error}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// `application/vnd.guildhall.receipt+json`.
    payload_type: String,
    /// The JSON of a [`Statement`], in base64: these bytes are signed.
    payload: String,
    /// One signature.
    signatures: Vec<Signature>,
}

/// A signature of an envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Signature {
    /// The public key, 64 hexadecimal digits.
    keyid: String,
    /// The Ed25519 signature, in base64.
    sig: String,
}

impl Envelope {
    /// Signs a statement.
    pub(super) fn seal(statement: &Statement, key: &SigningKey) -> Result<Self, RuntimeError> {
        let payload = serde_json::to_vec(statement).map_err(|error| bad(error.to_string()))?;
        let signature = key.sign(&signed_bytes(PAYLOAD_TYPE, &payload));
        Ok(Self {
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload: BASE64.encode(&payload),
            signatures: vec![Signature {
                keyid: key.public().to_string(),
                sig: BASE64.encode(&signature),
            }],
        })
    }

    /// What was signed, and the key by which it was. Whose key that is, is not known here.
    ///
    /// # Errors
    /// [`RuntimeError::BadReceipt`] where it is none, or was changed after it was signed.
    pub fn open(&self) -> Result<(Statement, PublicKey), RuntimeError> {
        if self.payload_type != PAYLOAD_TYPE {
            let found = &self.payload_type;
            return Err(bad(format!("{found:?} is not one of Guildhall's")));
        }
        let [signature] = self.signatures.as_slice() else {
            let found = self.signatures.len();
            return Err(bad(format!(
                "it has {found} signatures, and should have one"
            )));
        };
        let payload = decoded("payload", &self.payload)?;
        let key: PublicKey = signature.keyid.parse()?;
        if !key.has_signed(
            &signed_bytes(PAYLOAD_TYPE, &payload),
            &decoded("signature", &signature.sig)?,
        ) {
            return Err(bad(
                "its signature does not fit: it was changed after it was signed",
            ));
        }
        let statement: Statement =
            serde_json::from_slice(&payload).map_err(|error| bad(error.to_string()))?;
        if statement.version > VERSION {
            let found = statement.version;
            return Err(bad(format!(
                "it has version {found}, and this Guildhall knows {VERSION}: use a newer one"
            )));
        }
        Ok((statement, key))
    }
}

/// The bytes that are signed: the pre-authentication encoding of DSSE.
fn signed_bytes(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

fn decoded(what: &str, text: &str) -> Result<Vec<u8>, RuntimeError> {
    let decoded = BASE64.decode(text.as_bytes());
    decoded.map_err(|error| bad(format!("its {what} is no base64: {error}")))
}

fn bad(reason: impl Into<String>) -> RuntimeError {
    RuntimeError::BadReceipt {
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// From the protocol's text: "hello world" as `http://example.com/HelloWorld`.
    #[test]
    fn the_signed_bytes_are_those_of_the_protocol() {
        let bytes = signed_bytes("http://example.com/HelloWorld", b"hello world");
        let expected = "DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(bytes, expected.as_bytes());
    }

    fn sealed() -> (Envelope, SigningKey) {
        let statement: Statement = serde_json::from_value(json!({
            "version": 1, "run": "01a20293-9e50-7423-9f38-1f9fe3a42b3a", "name": "demo",
            "task": "t", "attempt": 1, "host_version": "0.1.0",
            "receipt": {
                "agent": "shell", "version": "1.0.0", "agent_hash": "a", "input_hash": "b",
                "output_hash": "c", "started_ms": 1, "ended_ms": 2,
            },
        }))
        .unwrap();
        let key = SigningKey::of_process();
        (Envelope::seal(&statement, &key).unwrap(), key)
    }

    #[test]
    fn what_was_sealed_opens_and_names_its_key() {
        let (envelope, key) = sealed();
        let (statement, by) = envelope.open().unwrap();
        assert_eq!(by, key.public());
        assert_eq!(statement.receipt.agent.as_str(), "shell");
    }

    #[test]
    fn no_byte_of_it_can_be_changed() {
        let (envelope, _) = sealed();
        let payload = BASE64.decode(envelope.payload.as_bytes()).unwrap();
        for at in 0..payload.len() {
            let mut changed = payload.clone();
            changed[at] ^= 1;
            let mut other = envelope.clone();
            other.payload = BASE64.encode(&changed);
            assert!(other.open().is_err(), "byte {at}");
        }
    }

    #[test]
    fn another_key_has_not_signed_it() {
        let (mut envelope, _) = sealed();
        envelope.signatures[0].keyid = SigningKey::fresh().public().to_string();
        let error = envelope.open().unwrap_err().to_string();
        assert!(error.contains("its signature does not fit"), "{error}");
    }

    #[test]
    fn what_is_no_receipt_is_told_as_such() {
        let (envelope, _) = sealed();
        for (change, said) in [
            (json!({"signatures": []}), "0 signatures"),
            (json!({"payload": "???"}), "no base64"),
            (
                json!({"signatures": [{"keyid": "12", "sig": ""}]}),
                "64 hexadecimal",
            ),
        ] {
            let mut value = serde_json::to_value(&envelope).unwrap();
            for (key, to) in change.as_object().unwrap() {
                value[key] = to.clone();
            }
            let other: Envelope = serde_json::from_value(value).unwrap();
            let error = other.open().unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
