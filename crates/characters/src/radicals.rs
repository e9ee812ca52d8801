//! Radicals of Unicode that look like ideographs: fonts in PDF documents give them for the ideographs when a text is copied.

/// The ideographs of the radicals of Kangxi, from U+2F00 on: 户 and 青 as the mainland writes them.
const KANGXI: [&str; 4] = [
    "一丨丶丿乙亅二亠人儿入八冂冖冫几凵刀力勹匕匚匸十卜卩厂厶又口囗土士夂夊夕大女子宀寸小尢尸屮山巛工己巾干幺广廴",
    "廾弋弓彐彡彳心戈户手支攴文斗斤方无日曰月木欠止歹殳毋比毛氏气水火爪父爻爿片牙牛犬玄玉瓜瓦甘生用田疋疒癶白皮皿",
    "目矛矢石示禸禾穴立竹米糸缶网羊羽老而耒耳聿肉臣自至臼舌舛舟艮色艸虍虫血行衣襾見角言谷豆豕豸貝赤走足身車辛辰辵",
    "邑酉釆里金長門阜隶隹雨青非面革韋韭音頁風飛食首香馬骨高髟鬥鬯鬲鬼魚鳥鹵鹿麥麻黃黍黑黹黽鼎鼓鼠鼻齊齒龍龜龠",
];
/// Those that the supplement of radicals (U+2E80 on) has beside them, each radical before its ideograph.
const SUPPLEMENT: &str = "\
⺁厂⺄乙⺈刀⺋㔾⺌小⺎兀⺏尣⺐尢⺒巳⺓幺⺖忄⺘扌⺛旡⺟母⺠民⺡氵⺣灬⺨犭⺭礻⺯糹⺰纟⺳罓⺶羋⺹耂⺾艹⻁虎⻂衤⻄西⻅见⻆角⻈讠⻉贝⻋车⻌辶⻐钅⻑長⻒镸⻓长⻔门⻘青⻙韦⻚页⻛风⻜飞⻝食⻟飠⻠饣⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟";

/// The ideograph that a radical looks like; any other character itself.
pub fn ideograph(c: char) -> char {
    let found = match c {
        '\u{2f00}'..='\u{2fd5}' => KANGXI.iter().flat_map(|row| row.chars()).nth(c as usize - 0x2f00),
        '\u{2e80}'..='\u{2ef3}' => SUPPLEMENT
            .chars()
            .step_by(2)
            .zip(SUPPLEMENT.chars().skip(1).step_by(2))
            .find_map(|(radical, ideograph)| (radical == c).then_some(ideograph)),
        _ => None,
    };
    found.unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_radical_is_an_ideograph_of_its_own() {
        assert_eq!(KANGXI.concat().chars().count(), 214);
        assert_eq!(SUPPLEMENT.chars().count() % 2, 0);
        for c in '\u{2f00}'..='\u{2fd5}' {
            assert!(('\u{4e00}'..='\u{9fff}').contains(&ideograph(c)), "{c}");
        }
        for c in SUPPLEMENT.chars().step_by(2) {
            assert!(('\u{2e80}'..='\u{2ef3}').contains(&c) && ('\u{3400}'..='\u{9fff}').contains(&ideograph(c)), "{c}");
        }
        assert_eq!(
            ["⼀", "⿕", "⻳", "a", "人"].map(|c| c.chars().map(ideograph).collect::<String>()),
            ["一", "龠", "龟", "a", "人"]
        );
    }
}
