//! How a file is written: encoding, delimiter, the sheet of a workbook, and the row its headings stand in.

use encoding_rs::{BIG5, Encoding, GB18030, UTF_8};

/// How a file is written.
#[derive(Debug, Clone)]
pub(crate) struct Format {
    pub(crate) encoding: &'static Encoding,
    pub(crate) delimiter: u8,
    /// The row of the headings as a spreadsheet numbers it; rows above are titles and are not read.
    pub(crate) header_row: u64,
    /// The sheet of a workbook; the first that is not hidden where none is named.
    pub(crate) sheet: Option<String>,
}

impl Default for Format {
    fn default() -> Format {
        Format { encoding: UTF_8, delimiter: b',', header_row: 1, sheet: None }
    }
}

impl Format {
    /// Checks the settings of a mapping.
    ///
    /// # Errors
    /// The key at fault and the sentence that tells what to mend.
    pub(crate) fn new(
        encoding: &str,
        delimiter: &str,
        header_row: u64,
        sheet: Option<String>,
    ) -> Result<Format, (&'static str, String)> {
        let encoding = match encoding {
            "utf-8" => UTF_8,
            "gb18030" => GB18030,
            "big5" => BIG5,
            _ => {
                return Err((
                    "encoding",
                    format!("沒有「{encoding}」，請寫 utf-8、gb18030 或 big5。Write utf-8, gb18030 or big5."),
                ));
            }
        };
        let delimiter = match delimiter {
            "," => b',',
            ";" => b';',
            "\t" => b'\t',
            "|" => b'|',
            _ => {
                return Err((
                    "delimiter",
                    r#"請寫 ","、";"、"|" 或 "\t"（定位字元）。Write ",", ";", "|" or "\t"."#.to_owned(),
                ));
            }
        };
        if header_row == 0 {
            return Err(("header_row", "列號從 1 起算。Rows are counted from 1.".to_owned()));
        }
        Ok(Format { encoding, delimiter, header_row, sheet })
    }
}
