//! Takes the address that is listened on: of both families where the node has both.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

/// The listener. `[::]` is every address of both families; on a node without IPv6 it is every one
/// of IPv4.
pub(super) async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    match (TcpListener::bind(address).await, of_ipv4(address)) {
        (Err(error), Some(instead)) if is_for_lack_of_ipv6(&error) => {
            tracing::info!(%instead, "This node has no IPv6");
            TcpListener::bind(instead).await
        }
        (bound, _) => bound,
    }
}

/// What is listened on in place of `[::]`; a single address has no such thing.
fn of_ipv4(address: SocketAddr) -> Option<SocketAddr> {
    (address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED))
        .then(|| SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port())))
}

/// A kernel without the family, or one in which it is switched off.
fn is_for_lack_of_ipv6(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let known = [Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL].map(|errno| Some(errno.raw_os_error()));
    known.contains(&error.raw_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_addresses_have_a_stand_in_and_only_for_lack_of_ipv6() {
        let stand_in = |text: &str| of_ipv4(text.parse().unwrap()).map(|it| it.to_string());
        assert_eq!(stand_in("[::]:8080").as_deref(), Some("0.0.0.0:8080"));
        for other in ["[::1]:8080", "0.0.0.0:8080", "127.0.0.1:8080"] {
            assert_eq!(stand_in(other), None);
        }
        let errors = [(97, true), (99, true), (98, false), (13, false)];
        for (errno, expected) in errors {
            assert_eq!(is_for_lack_of_ipv6(&io::Error::from_raw_os_error(errno)), expected);
        }
    }

    #[tokio::test]
    async fn a_port_in_use_is_no_lack_of_ipv6() {
        let taken = bind("[::]:0".parse().unwrap()).await.unwrap();
        let address = taken.local_addr().unwrap();
        assert_eq!(bind(address).await.unwrap_err().kind(), io::ErrorKind::AddrInUse);
        // Whatever the node has, IPv4 gets through.
        let over_ipv4 = (Ipv4Addr::LOCALHOST, address.port());
        tokio::net::TcpStream::connect(over_ipv4).await.unwrap();
    }
}
