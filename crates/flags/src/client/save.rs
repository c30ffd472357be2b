//! A response becomes a file: checked, written under a temporary name, renamed.
//!
//! So there is never a `.gif` that is not a whole image, whatever ends the program, and a program that watches the
//! folder sees each flag appear at once.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::failure::Failure;
use super::gif;
use super::outcome::Status;

/// How the names of files end that are not complete.
const PART: &str = ".part";

/// No flag is this long; a server that sends more is not listened to.
pub(super) const MAX_BODY: u64 = 16 << 20;

/// An answer of a server, read to its end.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    /// The length in the header, if it has one.
    pub(super) declared: Option<u64>,
    pub(super) body: Vec<u8>,
}

impl Response {
    /// Whether its body is all of a flag, as far as the header tells; not so where there is no such flag.
    fn has_body(&self) -> Result<bool, Failure> {
        match self.status {
            404 => return Ok(false),
            200 => {}
            other => return Err(Failure::Http(other)),
        }
        let got = self.body.len() as u64;
        match self.declared.filter(|&declared| declared != got) {
            Some(declared) => Err(Failure::Length { declared, got }),
            None => Ok(true),
        }
    }

    /// The body of a flag; nothing where there is no such flag.
    pub(super) fn into_image(self) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.has_body()?.then_some(self.body))
    }
}

/// Where flags are saved.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
    /// Part of the temporary names, by which the files of one run are known.
    run: u64,
}

impl Folder {
    /// The folder as a run uses it.
    pub(super) fn new(path: &Path, run: u64) -> Self {
        Self { path: path.to_path_buf(), run }
    }

    /// Makes the folder and writes to it.
    pub(super) fn prepare(&self) -> io::Result<()> {
        fs::create_dir_all(&self.path)?;
        let (path, _) = self.create("try")?;
        fs::remove_file(path)
    }

    /// Saves the flag if it is one.
    pub(super) fn take(&self, name: &str, response: &Response) -> Result<Status, Failure> {
        if !response.has_body()? {
            return Ok(Status::NotFound);
        }
        let got = response.body.len() as u64;
        gif::check(&response.body).map_err(Failure::Image)?;
        self.save(name, &response.body).map_err(|error| Failure::Save(error.to_string()))?;
        Ok(Status::Downloaded(got))
    }

    fn save(&self, name: &str, image: &[u8]) -> io::Result<()> {
        // One at a time: the system has one lock for all that changes a folder, and threads that wait for
        // that one keep a CPU busy in the meantime.
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let (path, mut file) = self.create(name)?;
        let saved =
            file.write_all(image).and_then(|()| fs::rename(&path, self.path.join(format!("{name}.gif"))));
        drop(turn);
        if saved.is_err() {
            // It may be gone with the folder; the first error is the one that matters.
            let _ = fs::remove_file(&path);
        }
        saved
    }

    /// A new file under a temporary name. One that a killed program has left is passed over.
    fn create(&self, name: &str) -> io::Result<(PathBuf, File)> {
        loop {
            let path = self.temporary(name);
            match File::create_new(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => return Ok((path, created?)),
            }
        }
    }

    /// A name that no other process or thread uses: the same flag may be under way twice.
    fn temporary(&self, name: &str) -> PathBuf {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        self.path.join(format!(".{name}.{process:x}-{number:x}.{:x}{PART}", self.run))
    }

    /// Removes what a killed worker left of this run.
    pub(super) fn sweep(&self) {
        let ending = format!(".{:x}{PART}", self.run);
        for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            if entry.file_name().to_str().is_some_and(|name| name.starts_with('.') && name.ends_with(&ending))
            {
                // Whatever keeps it from being removed: it is a hidden file that does no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets;
    use crate::codes::ALL;

    fn response(status: u16, declared: Option<u64>, body: &[u8]) -> Response {
        Response { status, declared, body: body.to_vec() }
    }

    fn names(path: &Path) -> Vec<String> {
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn only_a_whole_image_becomes_a_file() {
        let image = assets::gif(ALL[0]).unwrap().to_vec();
        let length = image.len() as u64;
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(&dir.path().join("a/b"), 7);
        folder.prepare().unwrap();
        for (response, expected) in [
            (response(404, None, &image), Ok(Status::NotFound)),
            (response(500, None, &image), Err(Failure::Http(500))),
            (
                response(200, Some(length + 1), &image),
                Err(Failure::Length { declared: length + 1, got: length }),
            ),
            (
                response(200, None, &image[..length as usize / 2]),
                Err(Failure::Image(gif::NotAnImage::Truncated)),
            ),
            (response(200, Some(2), b"no"), Err(Failure::Image(gif::NotAnImage::Signature))),
        ] {
            assert_eq!(folder.take("ad", &response), expected);
            assert_eq!(names(&folder.path), Vec::<String>::new());
        }
        for _ in 0..2 {
            let saved = folder.take("ad", &response(200, Some(length), &image));
            assert_eq!(saved, Ok(Status::Downloaded(length)));
        }
        assert_eq!(names(&folder.path), ["ad.gif"]);
        assert_eq!(fs::read(folder.path.join("ad.gif")).unwrap(), image);
    }

    #[test]
    fn a_run_sweeps_up_after_itself_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (mine, other) = (Folder::new(dir.path(), 1), Folder::new(dir.path(), 0x21));
        for path in [mine.temporary("ad"), other.temporary("ae"), dir.path().join("af.gif")] {
            File::create_new(path).unwrap();
        }
        mine.sweep();
        let mut left = names(dir.path());
        left.sort();
        assert!(left.len() == 2 && left[0].starts_with(".ae.") && left[1] == "af.gif", "{left:?}");
    }

    #[test]
    fn what_a_killed_program_left_under_a_temporary_name_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path(), 3);
        let taken = folder.temporary("ad");
        let next = |path: &Path, step: u64| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let (head, rest) = name.split_once('-').unwrap();
            let (number, tail) = rest.split_once('.').unwrap();
            let number = u64::from_str_radix(number, 16).unwrap() + step;
            dir.path().join(format!("{head}-{number:x}.{tail}"))
        };
        // Other tests take numbers as well.
        for step in 1..20 {
            File::create_new(next(&taken, step)).unwrap();
        }
        let image = assets::gif(ALL[0]).unwrap().to_vec();
        let length = image.len() as u64;
        assert_eq!(folder.take("ad", &response(200, Some(length), &image)), Ok(Status::Downloaded(length)));
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        File::create_new(&path).unwrap();
        assert!(Folder::new(&path, 1).prepare().is_err());
    }

    #[test]
    fn a_folder_that_goes_away_fails_the_flag() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(&dir.path().join("gone"), 1);
        let image = assets::gif(ALL[0]).unwrap().to_vec();
        assert!(matches!(folder.take("ad", &response(200, None, &image)), Err(Failure::Save(_))));
    }
}
