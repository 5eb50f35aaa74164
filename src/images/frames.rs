//! Raw frames, one after another, as cameras and video tools write them into a pipe.

use crate::error::CliError;
use crate::images::Size;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;
use systole_net::Image;

/// Bytes of a pixel: R, G, B.
const PIXEL: usize = 3;

/// Frames of one size, named by their number.
pub struct Frames<R> {
    from: R,
    size: Size,
    next: u64,
    over: bool,
}

impl<R: Read> Frames<R> {
    pub fn new(from: R, size: Size) -> Self {
        Frames { from, size, next: 0, over: false }
    }

    /// The next frame's bytes; `None` where the pipe ends between frames.
    fn read(&mut self) -> Result<Option<Vec<u8>>, CliError> {
        let mut frame = vec![0; self.size.height * self.size.width * PIXEL];
        let mut filled = 0;
        while filled < frame.len() {
            match self.from.read(&mut frame[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => {
                    return Err(CliError::FrameShort { frame: self.next, found: filled, wanted: frame.len() });
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) => return Err(CliError::Frames { frame: self.next, source }),
            }
        }
        Ok(Some(frame))
    }
}

impl<R: Read> Iterator for Frames<R> {
    type Item = (PathBuf, Result<Image, CliError>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let frame = self.read().transpose();
        self.over = !matches!(frame, Some(Ok(_)));
        let Size { height, width, .. } = self.size;
        let name = PathBuf::from(format!("frame {}", self.next));
        self.next += 1;
        Some((name, frame?.map(|rgb| Image { height, width, rgb })))
    }
}

#[cfg(test)]
mod tests {
    use super::Frames;
    use crate::images::Size;

    const SIZE: Size = Size { height: 2, width: 3, resize: None };

    #[test]
    fn whole_frames_come_in_order() {
        let bytes: Vec<u8> = (0..36).collect();
        let frames: Vec<_> = Frames::new(&bytes[..], SIZE).map(|(name, image)| (name, image.unwrap())).collect();
        assert_eq!(frames.len(), 2);
        assert_eq!((frames[1].0.to_str(), frames[1].1.rgb[0]), (Some("frame 1"), 18));
    }

    #[test]
    fn a_frame_that_is_cut_is_an_error_and_the_last() {
        let bytes = [0; 20];
        let mut frames = Frames::new(&bytes[..], SIZE);
        assert!(frames.next().unwrap().1.is_ok());
        let error = frames.next().unwrap().1.unwrap_err().to_string();
        assert!(error.contains("frame 1") && error.contains("2 of 18"), "{error}");
        assert!(frames.next().is_none());
    }
}
