//! The base URL of a site, parsed and its host looked up, once for all downloads of a run.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use hyper::Uri;
use serde::{Deserialize, Serialize};

/// How long an address of several may take to show that a server listens there.
const PROBE: Duration = Duration::from_secs(1);

/// Why a text cannot be the base URL.
#[derive(Debug, thiserror::Error)]
pub enum BadUrl {
    /// It is none.
    #[error("must be a URL such as http://localhost:8001/flags")]
    Malformed,
    /// It asks for encryption.
    #[error("this build has no TLS; the URL must begin with http://")]
    Https,
    /// The name of the host is not known.
    #[error("cannot find the host {host}: {error}")]
    Host {
        /// The host.
        host: String,
        /// What the system said.
        error: io::Error,
    },
}

/// Where the flags are: `URL/cc/cc.gif`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Without the slash at its end.
    url: String,
    /// Host and port as the user wrote them.
    authority: String,
    /// What comes before the code; empty or beginning with a slash.
    path: String,
    /// Where the host is to be found: at least one address.
    addrs: Vec<SocketAddr>,
}

impl Base {
    /// Parses a URL and looks up its host.
    ///
    /// # Errors
    ///
    /// [`BadUrl`].
    pub fn parse(url: &str) -> Result<Self, BadUrl> {
        let uri: Uri = url.parse().map_err(|_| BadUrl::Malformed)?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(BadUrl::Https),
            _ => return Err(BadUrl::Malformed),
        }
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
        let authority =
            authority.filter(|authority| !authority.host().is_empty()).ok_or(BadUrl::Malformed)?;
        // What stands behind the host must be a port.
        let port = authority.port_u16().is_some() || authority.as_str() == authority.host();
        if !port || uri.query().is_some() || url.contains('#') {
            return Err(BadUrl::Malformed);
        }
        Ok(Self {
            url: url.trim_end_matches('/').to_string(),
            authority: authority.to_string(),
            path: uri.path().trim_end_matches('/').to_string(),
            addrs: look_up(authority.host(), authority.port_u16().unwrap_or(80))?,
        })
    }

    /// The flags of a server at that address.
    #[must_use]
    pub fn of_addr(addr: SocketAddr) -> Self {
        Self {
            url: format!("http://{addr}/flags"),
            authority: addr.to_string(),
            path: "/flags".to_string(),
            addrs: vec![addr],
        }
    }

    /// The URL, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Host and port, as the `Host` header has them.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Where connections go: tried in this order.
    #[must_use]
    pub fn addrs(&self) -> &[SocketAddr] {
        &self.addrs
    }

    /// Goes to that address and no other.
    pub(super) fn at(&mut self, addr: SocketAddr) {
        self.addrs = vec![addr];
    }

    /// The path of a flag; `name` is the code in lower case.
    pub(super) fn path_of(&self, name: &str) -> String {
        format!("{}/{name}/{name}.gif", self.path)
    }

    /// Whether a server listens there. If so, that address is the only one from now on, so that no
    /// connection is tried in vain: `localhost` often has two.
    pub fn probe(&mut self) -> bool {
        let found = self.addrs.iter().copied().find(|addr| TcpStream::connect_timeout(addr, PROBE).is_ok());
        if let Some(addr) = found {
            self.at(addr);
        }
        found.is_some()
    }
}

fn look_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, BadUrl> {
    let failed = |error| BadUrl::Host { host: host.to_string(), error };
    // The brackets around an IPv6 address are the URL's.
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let found = (name, port).to_socket_addrs().map(Iterator::collect);
    let addrs: Vec<SocketAddr> = or_loopback(name, port, found).map_err(failed)?;
    if addrs.is_empty() {
        return Err(failed(io::Error::from(io::ErrorKind::NotFound)));
    }
    Ok(addrs)
}

/// The name `localhost` always means this machine (RFC 6761, section 6.3), also where no file or server says so.
fn or_loopback(name: &str, port: u16, found: io::Result<Vec<SocketAddr>>) -> io::Result<Vec<SocketAddr>> {
    match found {
        Ok(addrs) if !addrs.is_empty() => Ok(addrs),
        _ if name.eq_ignore_ascii_case("localhost") => {
            let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            Ok(loopback.map(|address| SocketAddr::new(address, port)).to_vec())
        }
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_found_without_its_name_in_any_file() {
        let unknown = || Err(io::Error::from(io::ErrorKind::NotFound));
        let addrs = or_loopback("localhost", 8001, unknown()).unwrap();
        assert_eq!(addrs, ["127.0.0.1:8001".parse().unwrap(), "[::1]:8001".parse().unwrap()]);
        assert!(or_loopback("elsewhere", 8001, unknown()).is_err());
        let listed: Vec<SocketAddr> = vec!["127.0.0.2:8001".parse().unwrap()];
        assert_eq!(or_loopback("localhost", 8001, Ok(listed.clone())).unwrap(), listed);
    }

    #[test]
    fn urls_are_taken_apart() {
        let base = Base::parse("http://127.0.0.1:8001/flags/").unwrap();
        assert_eq!((base.url(), base.authority()), ("http://127.0.0.1:8001/flags", "127.0.0.1:8001"));
        assert_eq!(base.path_of("ad"), "/flags/ad/ad.gif");
        assert_eq!(base.addrs(), ["127.0.0.1:8001".parse().unwrap()]);
        let base = Base::parse("http://[::1]").unwrap();
        assert_eq!((base.path_of("ad").as_str(), base.addrs()[0].port()), ("/ad/ad.gif", 80));
        for addr in ["127.0.0.1:8001", "[::1]:8001"] {
            let base = Base::of_addr(addr.parse().unwrap());
            assert_eq!(Base::parse(&format!("http://{addr}/flags")).unwrap(), base);
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for url in
            ["", "localhost", "localhost:8001/flags", "ftp://localhost", "http://", "http://a b", "/flags"]
        {
            assert!(matches!(Base::parse(url), Err(BadUrl::Malformed)), "{url:?}");
        }
        for url in
            ["http://me@localhost", "http://localhost/?a=b", "http://localhost/#a", "http://localhost:x"]
        {
            assert!(matches!(Base::parse(url), Err(BadUrl::Malformed)), "{url:?}");
        }
        assert!(matches!(Base::parse("https://localhost"), Err(BadUrl::Https)));
        assert!(matches!(Base::parse("http://no-such-host.invalid"), Err(BadUrl::Host { .. })));
    }

    #[test]
    fn a_probe_finds_who_listens() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let mut base = Base::parse(&format!("http://{addr}")).unwrap();
        let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
        base.addrs.insert(0, nobody);
        assert!(base.probe());
        assert_eq!(base.addrs(), [addr]);
        drop(listener);
        assert!(!base.probe());
    }
}
