//! The steps of each journey, and where the person is.

use super::language::Language;

/// A journey through one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journey {
    /// Online: a CSR bundle leaves.
    Asking,
    /// Offline: it is answered.
    Answering,
    /// Online: the answer comes back.
    Importing,
}

impl Journey {
    const fn steps(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Asking => &[("Scan", "扫描"), ("Review", "审查"), ("Export", "导出"), ("Sheet", "核对单")],
            Self::Answering => &[
                ("Media", "介质"),
                ("Sheet", "核对单"),
                ("Verify", "校验"),
                ("Review", "审查"),
                ("Approve", "批准"),
                ("Sign", "签发"),
                ("Out", "导出"),
            ],
            Self::Importing => {
                &[("Open", "打开"), ("Sheet", "核对单"), ("Verify", "校验"), ("Stage", "暂存"), ("Rotate", "轮换")]
            }
        }
    }

    /// All steps, the current one, counted from 1, in brackets.
    pub fn rail(self, current: usize, language: Language) -> String {
        let step = |(number, (english, chinese)): (usize, &(&'static str, &'static str))| {
            let step = format!("{number} {}", language.say(english, chinese));
            if number == current { format!("[{step}]") } else { step }
        };
        (1..).zip(self.steps()).map(step).collect::<Vec<_>>().join(" > ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_step_stands_in_brackets() {
        assert_eq!(
            Journey::Answering.rail(2, Language::English),
            "1 Media > [2 Sheet] > 3 Verify > 4 Review > 5 Approve > 6 Sign > 7 Out"
        );
        assert_eq!(Journey::Importing.rail(1, Language::Chinese), "[1 打开] > 2 核对单 > 3 校验 > 4 暂存 > 5 轮换");
    }
}
