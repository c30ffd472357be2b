//! What is served at a path. A path is taken apart and looked up; it is never the name of a file, so that
//! none can lead out of the embedded flags.

use std::borrow::Cow;

use hyper::body::Bytes;

use crate::assets;
use crate::codes::CountryCode;

/// A body and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) kind: &'static str,
    pub(super) body: Bytes,
}

/// A path without the detours that a client may have written it with: `%62` is `b` (RFC 3986, section 6.2.2.2). What
/// would be another path once decoded, such as one with a slash within a name, stays as it is.
pub(super) fn decoded(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| first == b'%');
        let digits = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        let plain = digits.filter(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(byte));
        bytes.push(plain.unwrap_or(first));
        rest = if plain.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(path), Cow::Owned)
}

/// What a path leads to, decoded.
pub(super) fn find(path: &str) -> Option<Content> {
    let (folder, file) = path.strip_prefix("/flags/")?.split_once('/')?;
    let cc = code(folder)?;
    if file == "metadata.json" {
        let body = assets::metadata(cc)?.into();
        return Some(Content { kind: "application/json", body });
    }
    let name = file.strip_suffix(".gif")?;
    (name == folder).then_some(())?;
    Some(Content { kind: "image/gif", body: Bytes::from_static(assets::gif(cc)?) })
}

/// Codes stand in paths in lower case only, as the names of files do.
fn code(text: &str) -> Option<CountryCode> {
    let letters: [u8; 2] = text.as_bytes().try_into().ok()?;
    letters.iter().all(u8::is_ascii_lowercase).then(|| CountryCode::new(letters)).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codes::ALL;

    #[test]
    fn every_flag_has_its_image_and_its_metadata() {
        for cc in ALL {
            let name = cc.lower();
            let image = find(&format!("/flags/{name}/{name}.gif")).unwrap();
            assert!(image.kind == "image/gif" && image.body == assets::gif(cc).unwrap());
            let metadata = find(&format!("/flags/{name}/metadata.json")).unwrap();
            let metadata: serde_json::Value = serde_json::from_slice(&metadata.body).unwrap();
            assert_eq!(metadata["iso_cc"], cc.to_string());
        }
    }

    #[test]
    fn nothing_else_is_there() {
        for path in [
            "",
            "/",
            "/flags",
            "/flags/",
            "/flags/br",
            "/flags/br/",
            "/flags/br/cn.gif",
            "/flags/BR/BR.gif",
            "/flags/br/br.gif/",
            "/flags//br/br.gif",
            "/flags/br/br.gif.gif",
            "/flags/br/.gif",
            "/flags/aa/aa.gif",
            "/flags/../flags/br/br.gif",
            "/flags%2Fbr%2Fbr.gif",
            "/flags/br/%00br.gif",
            "/flags/br/br.gif%",
            "/flags/br/%6",
            "/flags/%2e%2e/flags/br/br.gif",
            "/br/br.gif",
            "/flags/aa/metadata.json",
        ] {
            assert_eq!(find(&decoded(path)), None, "{path}");
        }
    }

    #[test]
    fn a_path_may_be_written_with_detours() {
        let image = find("/flags/br/br.gif");
        for path in ["/flags/br/%62r.gif", "/%66lags/%62%72/br%2egif", "/flags/br/%62%72%2Egif"] {
            assert_eq!(find(&decoded(path)), image, "{path}");
        }
    }

    proptest! {
        #[test]
        fn only_paths_of_flags_lead_anywhere(path in "(/flags)?(/[a-z.]{0,3}){0,3}|\\PC{0,30}") {
            let parts: Vec<&str> = path.split('/').collect();
            let flag = ALL.iter().any(|cc| {
                let name = cc.lower();
                parts == ["", "flags", &name, &format!("{name}.gif")] || parts == ["", "flags", &name, "metadata.json"]
            });
            prop_assert_eq!(find(&path).is_some(), flag);
        }
    }
}
