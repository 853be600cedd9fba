import LanesKernels

extension Executor {
    /// The plan as two tables: the nodes (shape, parameters, MFLOP of a batch's forward pass, bytes of their output, where
    /// it lies), and the phases (work items and what they do, in order).
    public var planTable: String {
        var nodes = [["node", "layer", "shape", "parameters", "MFLOP", "bytes", "phases"]]
        let levels = phasesOfNodes()
        for node in builder.nodes {
            let member = node.member
            let flops = 2 * member.layer.multiplyAdds(node.inputShapes) * batchSize
            let value = plan.values[node.output.id]
            let samples = plan.isPrivate[node.output.id] ? plan.privateSamples[node.output.id] : batchSize
            let bytes = samples * value.count * MemoryLayout<Scalar>.stride
            let isAlias = node.inputs.contains(node.output)
            let layer = [member.layer.kind, member.layer.detail].filter { !$0.isEmpty }
            nodes.append([
                member.name, layer.joined(separator: " "), "\(member.shape)",
                member.parameters.isEmpty ? "" : grouped(member.parameters.reduce(0) { $0 + $1.count }),
                flops == 0 ? "" : tenths(flops),
                isAlias ? "in place" : grouped(bytes) + (plan.isPrivate[node.output.id] ? " a worker" : ""),
                levels[node.index, default: []].map(String.init).joined(separator: " "),
            ])
        }
        var phases = [["phase", "items", "work"]]
        for (index, phase) in plan.phases.enumerated() {
            var works: [[String]] = []
            if !phase.perSample.isEmpty {
                let labels = phase.perSample.map { $0.takesSeveral ? "\($0.label) (all of a group)" : $0.label }
                    .joined(separator: " → ")
                works.append(["\(plan.groups)", "each sample: \(labels)"])
            }
            for operation in phase.pieced {
                works.append(["\(operation.pieces)", operation.label])
            }
            for (line, work) in works.enumerated() { phases.append([line == 0 ? "\(index)" : ""] + work) }
        }
        let trained = grouped(graph.trainableCount)
        return """
            \(aligned(nodes, numeric: [3, 4, 5]))

            \(trained) trainable parameters; batches of \(batchSize) samples in \(plan.groups) groups; \
            \(grouped(planBytes)) bytes of activations, gradients and scratch for \(threads) threads

            \(aligned(phases, numeric: [0, 1]))
            """
    }

    private func phasesOfNodes() -> [Int: [Int]] {
        var phases: [Int: [Int]] = [:]
        for (index, phase) in plan.phases.enumerated() {
            for operation in phase.perSample + phase.pieced {
                guard let node = operation.node, phases[node]?.last != index else { continue }
                phases[node, default: []].append(index)
            }
        }
        return phases
    }
}

/// "421,642" for 421642.
package func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    return digits.indices.reduce(into: "") { text, index in
        if index > 0, (digits.count - index) % 3 == 0 { text += "," }
        text.append(digits[index])
    }
}

private func tenths(_ flops: Int) -> String {
    let tenths = (flops + 50_000) / 100_000
    return "\(grouped(tenths / 10)).\(tenths % 10)"
}

/// Columns as wide as their longest cell, numeric ones to the right.
private func aligned(_ rows: [[String]], numeric: Set<Int>) -> String {
    let widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
        var line = ""
        for (column, cell) in row.enumerated() {
            let space = String(repeating: " ", count: widths[column] - cell.count)
            line += (column == 0 ? "" : "  ") + (numeric.contains(column) ? space + cell : cell + space)
        }
        while line.last == " " { line.removeLast() }
        return line
    }
    return lines.joined(separator: "\n")
}
