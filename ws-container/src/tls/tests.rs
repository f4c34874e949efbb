//! Certificates and keys: what is refused, and what a reload does.

use std::process::Command;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use tokio::time::timeout;

use super::*;
use crate::pem::{self, PemError};

fn pair(name: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    (certificate(name, &key), key.serialize_pem())
}

fn certificate(name: &str, key: &KeyPair) -> String {
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.self_signed(key).unwrap().pem()
}

#[test]
fn what_cannot_be_used_is_said() {
    let ((cert, key), (other, _)) = (pair("a"), pair("b"));
    let error = ServerTls::pem(&*key, &*key).build().unwrap_err();
    assert!(matches!(&error, ServerTlsError::Pem { source: PemError::NoCertificate, .. }));
    assert_eq!(error.to_string(), "cannot use the certificate");
    let error = ServerTls::pem(&*cert, &*cert).build().unwrap_err();
    assert!(matches!(&error, ServerTlsError::Pem { source: PemError::NoKey, .. }));
    assert_eq!(error.to_string(), "cannot use the key");
    let error = ServerTls::pem(&*other, &*key).build().unwrap_err();
    assert!(matches!(error, ServerTlsError::Identity(_)), "{error}");
    let error = ServerTls::files("/no/such.pem", "/no/such.key").build().unwrap_err();
    assert_eq!(error.to_string(), "cannot read /no/such.pem");
    let tls = ServerTls::pem(&*cert, &*key).client_ca_pem("nothing");
    assert!(tls.build().unwrap_err().to_string().contains("authority of clients"));
}

#[tokio::test]
async fn a_reload_takes_what_the_files_hold_and_keeps_the_old_where_they_are_broken() {
    let folder = tempfile::tempdir().unwrap();
    let (cert_file, key_file) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let write = |(cert, key): &(String, String)| {
        std::fs::write(&cert_file, cert).unwrap();
        std::fs::write(&key_file, key).unwrap();
    };
    let (old, new) = (pair("old"), pair("new"));
    write(&old);
    let tls = ServerTls::files(&cert_file, &key_file).build().unwrap();
    let copy = tls.clone();
    let before = tls.fingerprint().unwrap();

    std::fs::write(&cert_file, &new.0).unwrap();
    let error = tls.reload().await.unwrap_err();
    assert!(matches!(error, ServerTlsError::Identity(_)), "the key is still the old one: {error}");
    std::fs::write(&cert_file, "half a certificate").unwrap();
    let error = tls.reload().await.unwrap_err().to_string();
    assert!(error.contains("certificate in ") && error.contains("cert.pem"), "{error}");
    assert_eq!(tls.fingerprint(), Some(before));

    write(&new);
    tls.reload().await.unwrap();
    let after = copy.fingerprint().unwrap();
    assert_ne!(after, before);
    let shown = after.to_string();
    assert_eq!((shown.len(), shown.matches(':').count()), (95, 31), "{shown}");
    assert!(shown.starts_with(&format!("{:02X}:", after.as_bytes()[0])));
}

/// Whoever writes the file takes their time.
#[cfg(unix)]
#[tokio::test]
async fn reloads_come_one_after_the_other_and_hold_nobody_up() {
    const LONG: Duration = Duration::from_secs(10);
    let folder = tempfile::tempdir().unwrap();
    let (cert_file, key_file) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let key = KeyPair::generate().unwrap();
    std::fs::write(&cert_file, certificate("old", &key)).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    let tls = ServerTls::files(&cert_file, &key_file).build().unwrap();
    std::fs::remove_file(&cert_file).unwrap();
    assert!(Command::new("mkfifo").arg(&cert_file).status().unwrap().success());

    let mut reloads: Vec<_> = (0..3)
        .map(|_| {
            let tls = tls.clone();
            tokio::spawn(async move { tls.reload().await })
        })
        .collect();
    // This thread is theirs too.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(reloads.iter().all(|reload| !reload.is_finished()));
    // One that is given up while another reads leaves the turn to the next.
    reloads.remove(1).abort();
    let mut before = tls.fingerprint();
    for (name, reload) in ["first", "second"].into_iter().zip(reloads) {
        let text = certificate(name, &key);
        let want = Fingerprint::of(&pem::certificates(text.as_bytes()).unwrap()[0]);
        assert_eq!(tls.fingerprint(), before);
        let file = cert_file.clone();
        let writing = spawn_blocking(move || std::fs::write(file, text).unwrap());
        timeout(LONG, writing).await.unwrap().unwrap();
        timeout(LONG, reload).await.unwrap().unwrap().unwrap();
        before = Some(want);
        assert_eq!(tls.fingerprint(), before, "{name}");
    }
}

#[cfg(feature = "tls-self-signed")]
#[test]
fn a_certificate_of_its_own_making_is_new_each_time() {
    let make = || ServerTls::self_signed(["localhost", "127.0.0.1"]).build().unwrap().fingerprint();
    assert_ne!(make().unwrap(), make().unwrap());
    let error = ServerTls::self_signed(["not a name\u{e9}"]).build().unwrap_err();
    assert!(matches!(error, ServerTlsError::SelfSigned(_)), "{error}");
}

#[test]
fn keys_are_not_printed() {
    let (cert, key) = pair("a");
    let tls = ServerTls::pem(cert, key).build().unwrap();
    assert!(!format!("{tls:?}").contains("PRIVATE"), "{tls:?}");
}
