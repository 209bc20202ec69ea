//! Any SPARQL 1.1 server, by the [Graph Store protocol](https://www.w3.org/TR/sparql11-http-rdf-update/): the graph is put
//! in place of what the server had under its name, so that doing it again changes nothing.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use oxigraph::io::RdfFormat;
use oxigraph::model::NamedNode;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ureq::http::Uri;

use super::rdf::{self, Options};
use super::{Graph, GraphError};

/// The named graph where nothing else is asked for.
pub const GRAPH: &str = "urn:tidings:graph";

/// The media type of what is sent.
const MEDIA_TYPE: &str = "application/n-triples";

/// Why a graph could not be put on a server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// No address of a server.
    #[error("{url:?} is no address of a server; write one such as http://localhost:7878/store{hint}")]
    Url {
        /// What was given.
        url: String,
        /// What else there is to say.
        hint: &'static str,
    },
    /// The server does not answer.
    #[error("{url}: no answer; check that the server runs and that the address is that of its Graph Store protocol")]
    Unreachable {
        /// Its address.
        url: String,
        /// What went wrong.
        source: Box<ureq::Error>,
    },
    /// The server refuses.
    #[error("{url}: the server answers {status}{}; {}", said(body), advice(*status))]
    Refused {
        /// Its address.
        url: String,
        /// HTTP status.
        status: u16,
        /// The first words of its answer.
        body: String,
    },
    /// The graph cannot be made or held for sending.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

fn said(body: &str) -> String {
    if body.is_empty() { String::new() } else { format!(" ({body})") }
}

fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 => "give name and password in the address, as http://name:password@host/store",
        404 | 405 => {
            "the address has to be that of its Graph Store protocol, such as /store of Oxigraph or /data of Fuseki"
        }
        413 => "allow larger bodies there",
        _ => "its log may say more",
    }
}

/// A server, and the name of the graph there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    url: String,
    /// Without name and password.
    shown: String,
    authorization: Option<String>,
}

impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Server {
    /// The server at `url`, in which name and password may stand, and there the named graph or, with `None`, the default
    /// graph.
    ///
    /// # Errors
    /// [`EndpointError::Url`].
    pub fn new(url: &str, name: Option<&NamedNode>) -> Result<Self, EndpointError> {
        let wrong = |hint| EndpointError::Url { url: without_user(url), hint };
        let uri: Uri = url.parse().map_err(|_| wrong(""))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") if cfg!(feature = "https") => {}
            Some("https") => return Err(wrong(" (this tidings was built without the feature `https`)")),
            _ => return Err(wrong("")),
        }
        let Some(authority) = uri.authority().filter(|a| !a.host().is_empty()) else { return Err(wrong("")) };
        let user = authority.as_str().rsplit_once('@').map(|(user, _)| percent_decode_str(user).collect::<Vec<u8>>());
        let shown = without_user(url);
        let separator = if shown.contains('?') { '&' } else { '?' };
        let graph = match name {
            Some(name) => format!("graph={}", utf8_percent_encode(name.as_str(), NON_ALPHANUMERIC)),
            None => "default".to_owned(),
        };
        Ok(Self {
            url: format!("{shown}{separator}{graph}"),
            shown,
            authorization: user.map(|user| format!("Basic {}", BASE64_STANDARD.encode(user))),
        })
    }

    /// Put the graph there, in place of what was there under this name.
    ///
    /// # Errors
    /// Where the server cannot be reached or refuses; it then has what it had before.
    pub fn put(&self, graph: &mut Graph, options: &Options) -> Result<(), EndpointError> {
        // The whole body is written first: its length is then known, and nothing is sent that breaks off.
        let mut body = held(graph, options)?;
        let length = body.seek(SeekFrom::End(0)).and_then(|n| body.seek(SeekFrom::Start(0)).map(|_| n));
        let length = length.map_err(GraphError::Write)?;
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut request = agent.put(&self.url).header("Content-Type", MEDIA_TYPE).header("Content-Length", length);
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        let unreachable = |source| EndpointError::Unreachable { url: self.shown.clone(), source: Box::new(source) };
        let mut response = request.send(&body).map_err(unreachable)?;
        if response.status().is_success() {
            return Ok(());
        }
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(1 << 16).lossy_utf8(true).read_to_string();
        let body = crate::span::one_line(&body.unwrap_or_default());
        let body = body.chars().filter(|c| !c.is_control()).take(200).collect();
        Err(EndpointError::Refused { url: self.shown.clone(), status, body })
    }
}

fn held(graph: &mut Graph, options: &Options) -> Result<std::fs::File, GraphError> {
    let file = graph.workspace.file().map_err(|source| super::temporary(&graph.workspace, source))?;
    let mut out = BufWriter::with_capacity(1 << 16, file);
    rdf::write(graph, options, RdfFormat::NTriples, &mut out)?;
    out.flush()?;
    Ok(out.into_inner().map_err(io::IntoInnerError::into_error)?)
}

fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |end| rest.split_at(end));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let name = NamedNode::new("urn:a b".replace(' ', "/")).unwrap();
        let check = |url: &str, name: Option<&NamedNode>| Server::new(url, name).map(|a| (a.url, a.authorization));
        assert_eq!(
            check("http://host:7878/store", Some(&name)).unwrap(),
            ("http://host:7878/store?graph=urn%3Aa%2Fb".to_owned(), None)
        );
        assert_eq!(check("http://host/data?x=1", None).unwrap().0, "http://host/data?x=1&default");
        assert_eq!(
            check("http://ann:p%40ss@host/store", None).unwrap(),
            ("http://host/store?default".to_owned(), Some("Basic YW5uOnBAc3M=".to_owned()))
        );
        for wrong in ["", "host", "localhost:7878/store", "ftp://host/", "http://", "http:///store", "http://a b/"] {
            let error = check(wrong, None).unwrap_err().to_string();
            assert!(error.contains("is no address of a server"), "{error}");
        }
        let error = check("ftp://ann:secret@host/", None).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
