import Foundation

/// A table of kernels over sizes: per cent of the peak in every cell, so that no size hides that is slow.
struct SweepTable {
    enum Cell {
        /// - mustReachHalf: Whether less than half of the peak is worth a mark: where the product has at least 8 rows, 8
        ///   columns and a depth of 32, as less gives the processor too little to do with what it loads.
        case measured(Case, mustReachHalf: Bool)
        /// Its operations are too many for a sweep.
        case leftOut
        /// Not asked for.
        case blank
    }

    let heading: String
    /// What stands above the rows' labels.
    let corner: String
    let columns: [String]
    var rows: [(label: String, cells: [Cell])]

    /// The table with the cells whose names contain a text, and the rows that have such cells; nil where there are none.
    func filtered(by text: String) -> SweepTable? {
        guard !text.isEmpty else { return self }
        var table = self
        table.rows = rows.compactMap { label, cells in
            var isAsked = false
            let kept = cells.map { cell in
                guard case .measured(let item, _) = cell, item.name.contains(text) else { return Cell.blank }
                isAsked = true
                return cell
            }
            return isAsked ? (label, kept) : nil
        }
        return table.rows.isEmpty ? nil : table
    }

    /// Measures all cells and shows them, row by row.
    func run(_ meter: inout Meter, seconds: Double, json: Bool) throws {
        let prints = !json && !meter.onlyVerifies
        let width = max(corner.count, rows.map(\.label.count).max() ?? 0)
        func line(_ label: String, _ cells: [String]) -> String {
            let start = label + String(repeating: " ", count: width - label.count)
            var line = cells.reduce(start) { $0 + String(repeating: " ", count: max(1, 6 - $1.count)) + $1 }
            while line.last == " " { line.removeLast() }
            return line
        }
        var (all, slow, leftOut) = (0, 0, 0)
        if prints {
            if !meter.peaks.isEmpty { show("") }
            show("\(heading)\n\n" + line(corner, columns.map { $0 + " " }))
        }
        for (label, cells) in rows {
            var texts: [String] = []
            for cell in cells {
                switch cell {
                case .blank: texts.append("")
                case .leftOut:
                    leftOut += 1
                    texts.append("– ")
                case .measured(let item, let mustReachHalf):
                    guard let measurement = try meter.measure(item, seconds: seconds, isCell: true) else {
                        show(verifiedLine(item.name, json: json))
                        continue
                    }
                    let percent = measurement.percentOfPeak ?? .nan
                    let isSlow = mustReachHalf && percent < 50
                    all += mustReachHalf ? 1 : 0
                    slow += isSlow ? 1 : 0
                    texts.append(String(format: "%.0f", percent) + (isSlow ? "*" : " "))
                    if json { show(measurement.json) }
                }
            }
            if prints { show(line(label, texts)) }
        }
        guard prints else { return }
        if slow > 0 {
            show("* below 50 %: \(slow) of the \(all) cells with 8 rows, 8 columns and a depth of 32 or more")
        }
        if leftOut > 0 {
            show("– \(leftOut) left out: more than \(Self.mostOperations / 1_000_000_000) GFLOP a pass")
        }
    }

    /// The operations of one pass over one image above which a cell is left out.
    static let mostOperations = 30_000_000_000
}

/// What a case that is not timed leaves on the terminal.
func verifiedLine(_ name: String, json: Bool) -> String {
    json ? "{\"name\":\"\(name)\",\"verified\":true}" : "verified \(name)"
}
