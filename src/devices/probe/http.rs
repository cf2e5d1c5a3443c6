//! One request and its answer over a connection that stays open (HTTP/1.1, RFC 9112).

use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq_proto::client::state::{RecvBody, RecvResponse, SendBody};
use ureq_proto::client::{Call, RecvResponseResult, SendRequestResult};
use ureq_proto::http::Request;

use super::connection::Connection;
use super::fault::ProbeError;
use crate::wire::text;
use crate::wire::time::Timestamp;

/// The longest body of an answer, in bytes: a long list of an apiserver.
pub const MAX_BODY: usize = 16 << 20;
/// The longest head of an answer, in bytes.
const MAX_HEAD: usize = 64 << 10;

/// By what an audit log knows our own requests; a version stands behind it.
pub const AGENT: &str = "airlock/";

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub enum Ask<'a> {
    /// `GET` a path.
    Get(&'a str),
    /// `POST` JSON to a path.
    Post(&'a str, &'a str),
    /// `PATCH` a path with a JSON merge patch (RFC 7396).
    Patch(&'a str, &'a str),
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    body: Vec<u8>,
    date: Option<Timestamp>,
}

/// What a status says about whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// 2xx: known, and allowed.
    Allowed,
    /// 401: not known. The certificate leads to no root that the server trusts.
    Unknown,
    /// 403: known, and not allowed. The certificate was taken.
    Forbidden,
    /// Anything else says nothing about it.
    Other(u16),
}

impl Answer {
    /// The status code.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The body, as it came.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The clock of the server when it answered (RFC 9110, section 6.6.1), where it tells.
    pub const fn date(&self) -> Option<Timestamp> {
        self.date
    }

    /// What the status says about whoever asked.
    pub const fn standing(&self) -> Standing {
        match self.status {
            200..=299 => Standing::Allowed,
            401 => Standing::Unknown,
            403 => Standing::Forbidden,
            other => Standing::Other(other),
        }
    }

    /// The body as JSON; `None` where it is not what was expected.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// The head of an answer.
struct Head {
    status: u16,
    date: Option<Timestamp>,
    body: Option<Call<RecvBody>>,
}

impl Connection {
    /// Asks, and waits for the whole answer, within `time`. The connection stays open where the server lets it; redirects
    /// are not followed.
    ///
    /// # Errors
    /// Any [`ProbeError`]: an alert here is the server's verdict on the caller's certificate.
    pub fn ask(&mut self, ask: Ask<'_>, time: Duration) -> Result<Answer, ProbeError> {
        self.give(time);
        let call = self.write_request(ask)?;
        let Head { status, date, body } = self.read_head(call)?;
        let body = body.map_or_else(|| Ok(Vec::new()), |call| self.read_body(call))?;
        Ok(Answer { status, body, date })
    }

    fn write_request(&mut self, ask: Ask<'_>) -> Result<Call<RecvResponse>, ProbeError> {
        let (method, path, media, body) = match ask {
            Ask::Get(path) => ("GET", path, None, ""),
            Ask::Post(path, body) => ("POST", path, Some("application/json"), body),
            Ask::Patch(path, body) => ("PATCH", path, Some("application/merge-patch+json"), body),
        };
        let uri = format!("https://{}{path}", self.endpoint().authority());
        let mut request = Request::builder().method(method).uri(uri).header("accept", "application/json");
        request = request.header("user-agent", concat!("airlock/", env!("CARGO_PKG_VERSION")));
        if let Some(media) = media {
            request = request.header("content-type", media).header("content-length", body.len());
        }
        let request = request.body(()).map_err(|e| self.unreadable(&e.to_string()))?;
        let mut call = Call::new(request).map_err(|e| self.unreadable(&e.to_string()))?.proceed();
        let mut bytes = vec![0; 4096 + path.len()];
        let head = call.write(&mut bytes).map_err(|e| self.unreadable(&e.to_string()))?;
        self.send(bytes.get(..head).unwrap_or_default())?;
        match call.proceed().map_err(|e| self.unreadable(&e.to_string()))? {
            Some(SendRequestResult::RecvResponse(call)) => Ok(call),
            Some(SendRequestResult::SendBody(call)) => self.write_body(call, body),
            _ => Err(self.unreadable("the request is too long")),
        }
    }

    fn write_body(&mut self, mut call: Call<SendBody>, body: &str) -> Result<Call<RecvResponse>, ProbeError> {
        call.consume_direct_write(body.len()).map_err(|e| self.unreadable(&e.to_string()))?;
        self.send(body.as_bytes())?;
        call.proceed().ok_or_else(|| self.unreadable("the request has no end"))
    }

    fn read_head(&mut self, mut call: Call<RecvResponse>) -> Result<Head, ProbeError> {
        loop {
            let (used, response) = call.try_response(&self.rest, false).map_err(|e| self.unreadable(&e.to_string()))?;
            self.rest.drain(..used);
            if let Some(response) = response {
                let body = match call.proceed() {
                    Some(RecvResponseResult::RecvBody(call)) => Some(call),
                    _ => None,
                };
                let date = response.headers().get("date").and_then(|date| date.to_str().ok());
                return Ok(Head { status: response.status().as_u16(), date: date.and_then(parse_date), body });
            }
            if self.rest.len() > MAX_HEAD {
                return Err(self.unreadable("its head is too long"));
            }
            if self.receive()? == 0 {
                return Err(ProbeError::Closed(self.endpoint().clone()));
            }
        }
    }

    fn read_body(&mut self, mut call: Call<RecvBody>) -> Result<Vec<u8>, ProbeError> {
        let (mut body, mut buffer) = (Vec::new(), vec![0; 16 * 1024]);
        loop {
            let (used, made) = call.read(&self.rest, &mut buffer).map_err(|e| self.unreadable(&e.to_string()))?;
            self.rest.drain(..used);
            body.extend_from_slice(buffer.get(..made).unwrap_or_default());
            if body.len() > MAX_BODY {
                return Err(self.unreadable("its body is too long"));
            }
            let until_closed = matches!(call.body_mode(), ureq_proto::BodyMode::CloseDelimited);
            if call.can_proceed() && !until_closed {
                return Ok(body);
            }
            if used == 0 && made == 0 && self.receive()? == 0 {
                return if until_closed { Ok(body) } else { Err(ProbeError::Closed(self.endpoint().clone())) };
            }
        }
    }

    fn unreadable(&self, why: &str) -> ProbeError {
        ProbeError::Http(self.endpoint().clone(), text::clip(why, 120))
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
fn parse_date(text: &str) -> Option<Timestamp> {
    let moment = jiff::fmt::rfc2822::parse(text).ok()?;
    Timestamp::from_unix(moment.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read() {
        let date = parse_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(date.to_string(), "1994-11-06T08:49:37Z");
        for text in ["", "yesterday", "1994-11-06T08:49:37Z"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }
}
