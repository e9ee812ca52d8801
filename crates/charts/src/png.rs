//! The picture in pixels: the very same SVG, drawn on white with a font that is in the binary.

use ::png::{ColorType, DeflateCompression, Encoder, EncodingError, Filter};
use qingdan_base::problem::{Code, FieldError, Problem, Wrong};
use resvg::{
    tiny_skia::{Color, Pixmap, Transform},
    usvg::{Options, Size, Tree},
};

use super::{
    check,
    outlines::{characters, outlined},
    svg_style::BY_MEDIUM,
};

/// Pixels of a picture at most: 128 MB while it is drawn.
const MOST_PIXELS: f32 = 32e6;
/// Characters of a sheet at most: each takes some 50 µs. What a chart may say, and as much again for the materials of its item.
const MOST_CHARACTERS: usize = 2 * check::MOST_CHARACTERS;
/// There is one weight: what is bold gets a thin line around it. Names of steps do not: such lines
/// take more than half of the time of drawing, and browsers without a medium weight show the names plainly, too.
const BOLD: &str = "\
    .qd-chart .qd-title{stroke:#1b2733;stroke-width:.8px}\
    .qd-chart .qd-value{stroke:#1b2733;stroke-width:.5px}\
    .qd-chart .qd-header{stroke:#16365c;stroke-width:.5px}";
/// Of deflate. The most that pays: the next levels take up to four times as long for a twentieth less.
const COMPRESSION: DeflateCompression = DeflateCompression::Level(3);

/// How many pixels a pixel of the SVG becomes on each side, in quarters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scale(u8);

impl Scale {
    /// Half the size.
    pub const LEAST: Self = Self(2);
    /// Sharp on screens of today.
    pub const USUAL: Self = Self(8);
    /// Sharp in print.
    pub const MOST: Self = Self(16);

    /// A scale of 0.5 to 4 in steps of 0.25.
    pub fn new(scale: f64) -> Option<Self> {
        let quarters = scale * 4.0;
        let fits = quarters.fract() == 0.0 && (f64::from(Self::LEAST.0)..=f64::from(Self::MOST.0)).contains(&quarters);
        // Whole and between 2 and 16.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        fits.then_some(Self(quarters as u8))
    }

    /// As a factor.
    pub fn factor(self) -> f32 {
        f32::from(self.0) / 4.0
    }
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum Undrawn {
    /// It would have too many pixels; drawn at most so large it has not.
    #[error("too many pixels at this scale; the largest that fits is {0}")]
    TooLarge(f32),
    /// It would have too many characters.
    #[error("too many characters")]
    TooLong,
    /// The SVG cannot be read.
    #[error(transparent)]
    Unreadable(#[from] resvg::usvg::Error),
    /// No memory, or no PNG of it.
    #[error("the picture could not be written: {0}")]
    Unwritten(String),
}

impl From<Undrawn> for Problem {
    fn from(error: Undrawn) -> Self {
        match error {
            Undrawn::TooLarge(largest) => {
                let range = format!("{}–{largest}", Scale::LEAST.factor());
                Self::with_errors(Code::InvalidQuery, vec![FieldError::parameter("scale", Wrong::OutOfRange(range))])
            }
            Undrawn::TooLong => Self::with_detail(
                Code::NotFound,
                "该流程图文字过多，不提供位图；请取 SVG 图形。",
                "This chart says too much to be drawn in pixels; take the one in SVG.",
            ),
            Undrawn::Unreadable(_) | Undrawn::Unwritten(_) => {
                log::error!("a chart as PNG: {error}");
                Code::Internal.into()
            }
        }
    }
}

/// The sheet as PNG at this scale, or without one at the usual scale or the largest that fits. Takes some hundred
/// milliseconds: not for the threads that answer requests.
pub fn png(svg: &str, scale: Option<Scale>) -> Result<Vec<u8>, Undrawn> {
    if let Some(size) = size(svg) {
        // Before anything is drawn, which takes longer by far.
        factor(size, scale)?;
    }
    let tree = read(svg)?;
    let factor = factor(tree.size(), scale)?;
    let size = tree.size().to_int_size().scale_by(factor);
    let canvas = size.and_then(|size| Pixmap::new(size.width(), size.height()));
    let mut canvas = canvas.ok_or_else(|| Undrawn::Unwritten("no canvas".into()))?;
    canvas.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(factor, factor), &mut canvas.as_mut());
    encode(&canvas).map_err(|error| Undrawn::Unwritten(error.to_string()))
}

/// A chart is mostly even: its rows pack best and soonest as they are, and since white lies under everything no colour has to
/// be freed of its transparency. The usual way of writing a canvas takes four to five times as long and a tenth more room.
fn encode(canvas: &Pixmap) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, canvas.width(), canvas.height());
    encoder.set_color(ColorType::Rgba);
    encoder.set_filter(Filter::NoFilter);
    encoder.set_deflate_compression(COMPRESSION);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(canvas.data())?;
    writer.finish()?;
    Ok(bytes)
}

fn factor(size: Size, scale: Option<Scale>) -> Result<f32, Undrawn> {
    let largest = (MOST_PIXELS / (size.width() * size.height())).sqrt();
    match scale.map(Scale::factor) {
        None => Ok(largest.min(Scale::USUAL.factor())),
        Some(wanted) if wanted <= largest => Ok(wanted),
        Some(_) => Err(Undrawn::TooLarge((largest * 4.0).floor() / 4.0)),
    }
}

/// The size that the first tag of a sheet says.
fn size(svg: &str) -> Option<Size> {
    let (_, rest) = svg.split_once(" viewBox=\"0 0 ")?;
    let (width, height) = rest.split_once('"')?.0.split_once(' ')?;
    Size::from_wh(width.parse().ok()?, height.parse().ok()?)
}

/// Reads an SVG as it looks on paper in daylight: what depends on the medium is left out.
fn read(svg: &str) -> Result<Tree, Undrawn> {
    let svg = svg.replacen(BY_MEDIUM, "", 1);
    if characters(&svg).map_err(resvg::usvg::Error::ParsingFailed)? > MOST_CHARACTERS {
        return Err(Undrawn::TooLong);
    }
    let svg = outlined(&svg).map_err(resvg::usvg::Error::ParsingFailed)?;
    let options = Options { style_sheet: Some(BOLD.into()), ..Options::default() };
    Ok(Tree::from_str(&svg, &options)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Chart, Heading, fonts, samples, svg};

    fn sheet(chart: &Chart) -> String {
        svg(chart, &Heading { title: "临时救助流程图".into(), ..Heading::default() })
    }

    fn pixels(png: &[u8]) -> Pixmap {
        Pixmap::decode_png(png).unwrap()
    }

    #[test]
    fn a_picture_has_the_size_of_the_sheet_times_the_scale_and_white_paper() {
        let sheet = sheet(&samples::worked_example());
        let plain = pixels(&png(&sheet, Scale::new(1.0)).unwrap());
        let (width, height) = (plain.width(), plain.height());
        assert!(sheet.contains(&format!("viewBox=\"0 0 {width} {height}\"")));
        for (scale, by) in [(Some(0.5), 0.5), (Some(1.25), 1.25), (None, 2.0)] {
            let scaled = pixels(&png(&sheet, scale.and_then(Scale::new)).unwrap());
            let expected = (f64::from(width) * by, f64::from(height) * by);
            assert!((f64::from(scaled.width()) - expected.0).abs() <= 1.0, "{scale:?}");
            assert!((f64::from(scaled.height()) - expected.1).abs() <= 1.0, "{scale:?}");
        }
        let corner = plain.pixel(2, 2).unwrap();
        assert_eq!(
            (corner.red(), corner.green(), corner.blue(), corner.alpha()),
            (255, 255, 255, 255),
            "not the dark one"
        );
    }

    #[test]
    fn only_quarters_from_a_half_to_four_are_scales() {
        assert_eq!(Scale::new(0.5), Some(Scale::LEAST));
        assert_eq!(Scale::new(2.0), Some(Scale::USUAL));
        assert_eq!(Scale::new(4.0), Some(Scale::MOST));
        for none in [0.0, 0.25, 1.1, 4.25, -1.0, 1e300, f64::NAN, f64::INFINITY] {
            assert_eq!(Scale::new(none), None, "{none}");
        }
    }

    #[test]
    fn a_picture_that_would_be_too_large_is_smaller_or_refused_with_the_largest_scale() {
        let large = Size::from_wh(4000.0, 5000.0).unwrap();
        assert_eq!(factor(large, Scale::new(1.25)).unwrap(), 1.25);
        assert!(matches!(factor(large, Scale::new(1.5)), Err(Undrawn::TooLarge(largest)) if largest == 1.25));
        assert!((1.25..1.5).contains(&factor(large, None).unwrap()));
    }

    #[test]
    fn a_picture_that_would_be_too_large_is_refused_before_anything_is_read_or_drawn() {
        let cut = "<svg width=\"9000\" height=\"9000\" viewBox=\"0 0 9000 9000\"><g";
        assert!(matches!(png(cut, Scale::new(1.0)), Err(Undrawn::TooLarge(largest)) if largest == 0.5));
        assert!(matches!(png(cut, None), Err(Undrawn::Unreadable(_))), "one that fits is read");
        let sheet = sheet(&samples::worked_example());
        assert_eq!(size(&sheet), Some(read(&sheet).unwrap().size()));
    }

    #[test]
    fn a_sheet_that_says_too_much_is_not_drawn() {
        let mut chart = samples::worked_example();
        chart.nodes[1].note = Some("注".repeat(MOST_CHARACTERS));
        assert!(matches!(png(&sheet(&chart), None), Err(Undrawn::TooLong)));
    }

    #[test]
    fn what_is_written_is_what_was_drawn_without_any_transparency() {
        let tree = read(&sheet(&samples::worked_example())).unwrap();
        let mut canvas = Pixmap::new(400, 300).unwrap();
        canvas.fill(Color::WHITE);
        resvg::render(&tree, Transform::identity(), &mut canvas.as_mut());
        let written = encode(&canvas).unwrap();
        assert_eq!(pixels(&written), canvas);
        assert!(canvas.pixels().iter().all(|pixel| pixel.alpha() == 255));
        let usual = canvas.encode_png().unwrap().len();
        assert!(written.len() < usual * 5 / 4, "{} bytes, in the usual way {usual}", written.len());
    }

    #[test]
    fn the_same_sheet_gives_the_same_bytes() {
        let sheet = sheet(&samples::worked_example());
        assert_eq!(png(&sheet, None).unwrap(), png(&sheet, None).unwrap());
    }

    /// The place of the name of the second node, at scale 1.
    fn drawn(name: &str) -> Vec<u8> {
        let mut chart = samples::worked_example();
        chart.nodes[1].name = name.into();
        png(&sheet(&chart), Scale::new(1.0)).unwrap()
    }

    #[test]
    fn no_character_is_dropped_and_none_is_a_box() {
        assert_eq!(drawn("受理\u{e000}"), drawn("受理〓"), "nobody has a font for it");
        assert_eq!(drawn("受\u{200b}理\u{fe0f}"), drawn("受理"), "it is invisible by nature");
        let rare = '龘';
        assert!(!fonts::outside_our_font([rare].into_iter()).is_empty());
        let is_there = fonts::is_in_the_system(rare);
        assert_eq!(drawn("受理龘") == drawn("受理〓"), !is_there, "drawn with a font of the system, if one has it");
        assert_ne!(drawn("受理龘"), drawn("受理"));
    }
}
