//! QR codes (ISO/IEC 18004) as SVG: black on white in any surroundings, with the quiet zone of four modules.

use fast_qr::{ECL, QRBuilder, QRCode};
use maud::{Markup, PreEscaped, html};

/// Modules left white on each side.
const QUIET: usize = 4;

/// The code that carries `text`, titled; `None` when the text is too long for one. A quarter of it may be damaged or, of long
/// texts, 15 %.
pub fn svg(text: &str, title: &str) -> Option<Markup> {
    let code = encode(text)?;
    let side = code.size + 2 * QUIET;
    Some(html! {
        svg.qr xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {side} {side}")) role="img" shape-rendering="crispEdges" {
            title { (title) }
            rect width=(side) height=(side) fill="#fff" {}
            path fill="#000" d=(PreEscaped(outline(&code))) {}
        }
    })
}

fn encode(text: &str) -> Option<QRCode> {
    let build = |level| QRBuilder::new(text).ecl(level).build().ok();
    if text.len() <= LONG { build(ECL::Q) } else { build(ECL::M) }
}

/// Bytes above which the lower level of correction keeps the modules large enough for a print.
const LONG: usize = 120;

/// Each run of dark modules of a row as a rectangle.
fn outline(code: &QRCode) -> String {
    let mut path = String::new();
    for row in 0..code.size {
        let mut column = 0;
        while column < code.size {
            let dark = (column..code.size).take_while(|column| code[row][*column].value()).count();
            if dark > 0 {
                path.push_str(&format!("M{} {}h{dark}v1h-{dark}z", column + QUIET, row + QUIET));
            }
            column += dark.max(1);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "https://qingdan.example/v1/items/11350121003619116B5000511001000/check?revision=2&seq=346";

    /// The dark modules of the picture, read from its path.
    fn drawn(svg: &str) -> Vec<Vec<bool>> {
        let side: usize = svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let mut modules = vec![vec![false; side]; side];
        let path = svg.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
        for run in path.split('M').skip(1) {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let (width, _) = rest.split_once('v').unwrap();
            let (x, y, width): (usize, usize, usize) = (x.parse().unwrap(), y.parse().unwrap(), width.parse().unwrap());
            modules[y][x..x + width].fill(true);
        }
        modules
    }

    #[test]
    fn the_picture_has_the_modules_of_the_code_and_a_quiet_zone() {
        let svg = svg(ADDRESS, "二维码").expect("it fits").into_string();
        let (modules, code) = (drawn(&svg), encode(ADDRESS).expect("it fits"));
        assert_eq!(modules.len(), code.size + 8);
        for (y, row) in modules.iter().enumerate() {
            for (x, dark) in row.iter().enumerate() {
                let inside = (4..code.size + 4).contains(&x) && (4..code.size + 4).contains(&y);
                assert_eq!(*dark, inside && code[y - 4][x - 4].value(), "{x} {y}");
            }
        }
        // The finder patterns: a ring around a block of three.
        for (x, y) in [(4, 4), (4 + code.size - 7, 4), (4, 4 + code.size - 7)] {
            assert!(modules[y][x..x + 7].iter().all(|dark| *dark) && !modules[y + 1][x + 1] && modules[y + 3][x + 3]);
        }
        assert!(svg.contains("<title>二维码</title>") && svg.contains("fill=\"#fff\""));
    }

    #[test]
    fn what_is_too_long_has_no_code() {
        assert!(svg(&"长".repeat(2000), "").is_none());
        assert!(svg(&"https://a.example/".repeat(40), "<&>").expect("it fits").into_string().contains("&lt;&amp;&gt;"));
    }
}
