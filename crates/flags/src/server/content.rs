//! What there is behind a path. A path is taken apart and looked up; it is never the name of a file, so that
//! none can lead out of the embedded flags.

use hyper::body::Bytes;

use crate::assets;
use crate::codes::CountryCode;

/// A body and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) kind: &'static str,
    pub(super) body: Bytes,
}

/// What a path leads to.
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
            "/flags/br/%62r.gif",
            "/br/br.gif",
            "/flags/aa/metadata.json",
        ] {
            assert_eq!(find(path), None, "{path}");
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
