//! One line a command, for demonstrations and session records.

use super::columns;
use super::document::Report;
use crate::wire::time::Timestamp;

/// When, how it went, which command, which exchange; cut to `width` columns.
pub fn line(time: Timestamp, report: &Report, width: usize) -> String {
    let time: String = time.to_string().chars().skip(11).take(8).collect();
    columns::cut(&format!("{time} {}", report.gist()), width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::trace::TraceError;
    use crate::refusal::Refused;
    use crate::report::document::kind::ReportKind;

    #[test]
    fn a_line_tells_time_result_command_and_exchange() {
        let time = "2025-07-22T03:14:07Z".parse().unwrap();
        let report = Report::new(ReportKind::Seal).trace(&"20250722-7Q2K-9M4F-B".parse().unwrap()).entry(1055);
        assert_eq!(line(time, &report, 80), "03:14:07 [ OK ] seal  20250722-7Q2K-9M4F-B  log entry 1055");
        let refused = Report::refused(&Refused::from(TraceError::Check));
        let told = line(time, &refused, 60);
        assert_eq!(told, "03:14:07 [FAIL] error  TRACE_CHECK: the check character o...");
    }
}
