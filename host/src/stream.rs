//! Many images through one device, as many in flight as the window allows.

use crate::device::Device;
use crate::driver::{Driver, Ticket};
use crate::error::HostError;
use crate::result::Inference;
use std::borrow::Borrow;
use std::collections::VecDeque;
use systole_net::Image;

/// Results in the order of the images; an image that fails gives its error, and the stream goes on.
pub struct Stream<'a, D, I> {
    driver: &'a mut Driver<D>,
    images: I,
    submitted: VecDeque<Result<Ticket, HostError>>,
}

impl<D: Device> Driver<D> {
    /// Results of `images`, sent back to back: the next image goes in while the one before is computed.
    pub fn stream<I>(&mut self, images: I) -> Stream<'_, D, I::IntoIter>
    where
        I: IntoIterator,
        I::Item: Borrow<Image>,
    {
        Stream { driver: self, images: images.into_iter(), submitted: VecDeque::new() }
    }
}

impl<D: Device, I> Iterator for Stream<'_, D, I>
where
    I: Iterator,
    I::Item: Borrow<Image>,
{
    type Item = Result<Inference, HostError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.submitted.len() < self.driver.options().window.max(1) {
            let Some(image) = self.images.next() else { break };
            self.submitted.push_back(self.driver.submit(image.borrow()));
        }
        Some(self.submitted.pop_front()?.and_then(|ticket| self.driver.wait(ticket)))
    }
}
