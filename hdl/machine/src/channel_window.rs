//! Which input channels the channel tiles of a grouped convolution walk over.

/// Input channels that a channel tile walks over: those of as many groups as end together with a channel tile.
///
/// Groups of a channel tile that another has no part in are walked over all the same, under weights of 0: a depthwise convolution on
/// 16 columns walks over 16 channels a tile, of which each column takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelWindow {
    /// Channels of a window: also from one window to the next.
    pub channels: usize,
    /// Channel tiles that walk over the same window.
    pub tiles: usize,
    /// Windows of the layer. The last one may reach beyond the input's channels.
    pub count: usize,
}

impl ChannelWindow {
    /// Of a convolution of so many groups with so many input and output channels each, on an array of `cols` columns.
    pub fn of(groups: usize, inputs: usize, outputs: usize, cols: usize) -> ChannelWindow {
        let merged = cols / gcd(outputs, cols);
        if merged >= groups {
            return ChannelWindow { channels: groups * inputs, tiles: (groups * outputs).div_ceil(cols), count: 1 };
        }
        ChannelWindow { channels: merged * inputs, tiles: merged * outputs / cols, count: groups.div_ceil(merged) }
    }

    /// First channel that a channel tile walks over.
    pub fn first(&self, channel_tile: usize) -> usize {
        channel_tile / self.tiles * self.channels
    }

    /// Channels up to the end of the last window.
    pub fn end(&self) -> usize {
        self.count * self.channels
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        gcd(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::ChannelWindow;

    #[test]
    fn windows_end_with_a_group_and_a_channel_tile() {
        let window = |channels, tiles, count| ChannelWindow { channels, tiles, count };
        assert_eq!(ChannelWindow::of(1, 48, 100, 16), window(48, 7, 1));
        // Depthwise: as many channels as columns.
        assert_eq!(ChannelWindow::of(40, 1, 1, 16), window(16, 1, 3));
        assert_eq!(ChannelWindow::of(40, 1, 2, 16), window(8, 1, 5));
        // A group of several channel tiles, and groups that share one.
        assert_eq!(ChannelWindow::of(2, 48, 128, 16), window(48, 8, 2));
        assert_eq!(ChannelWindow::of(12, 8, 8, 28), window(56, 2, 2));
        assert_eq!(ChannelWindow::of(2, 48, 128, 28), window(96, 10, 1));
    }
}
