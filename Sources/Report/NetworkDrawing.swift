import Foundation
import LanesGraph

/// A network from left to right: what comes out of each of its layers, drawn in its proportions, with its name and shape.
struct NetworkDrawing {
    /// A layer with the pointwise ones and the views that only it feeds.
    private struct Block {
        var members: [Int]
        /// Other blocks.
        var inputs: [Int]
        var column = 0
        var lane = 0
    }

    private let graph: Graph
    private var blocks: [Block] = []
    private var lanes = 1

    private static let (columnWidth, glyph, laneHeight, margin) = (96.0, 56.0, 128.0, 6.0)

    init(_ graph: Graph) {
        self.graph = graph
        var blockOf = [Int](repeating: 0, count: graph.members.count)
        for (index, member) in graph.members.enumerated() {
            let readers = member.inputs.first.map { input in graph.members.count { $0.inputs.contains(input) } } ?? 0
            let joins = member.inputs.count == 1 && readers == 1 && (member.layer.worksInPlace || isSmall(member))
            if joins, let input = member.inputs.first, !graph.members[input].inputs.isEmpty {
                blockOf[index] = blockOf[input]
                blocks[blockOf[input]].members.append(index)
            } else {
                blockOf[index] = blocks.count
                blocks.append(Block(members: [index], inputs: member.inputs.map { blockOf[$0] }))
            }
        }
        // The first that reads a block goes on in its lane; further ones get lanes of their own.
        var isContinued = Set<Int>()
        for index in blocks.indices {
            let inputs = blocks[index].inputs
            blocks[index].column = (inputs.map { blocks[$0].column }.max() ?? -1) + 1
            guard let first = inputs.first else { continue }
            if isContinued.insert(first).inserted {
                blocks[index].lane = blocks[first].lane
            } else {
                blocks[index].lane = lanes
                lanes += 1
            }
        }
    }

    /// Normalization and what else keeps the shape, and views.
    private func isSmall(_ member: Graph.Member) -> Bool {
        guard let input = member.inputs.first else { return false }
        return member.isSmall(after: graph.members[input]) && !member.layer.kind.contains("ool")
    }

    var markup: Markup {
        let columns = (blocks.map(\.column).max() ?? 0) + 1
        let width = Double(columns) * Self.columnWidth + 2 * Self.margin
        let height = Double(lanes) * Self.laneHeight + 2 * Self.margin
        let names = blocks.map { name($0) }.joined(separator: ", then ")
        return """
            <svg class="network" viewBox="0 0 \(width) \(height)" style="min-width:\(width * 0.8)px" \
            width="\(width)" role="img"><title>The network</title><desc>\(names)</desc>
            \(blocks.map(edges))\(blocks.map(block))</svg>
            """
    }

    private func centre(_ block: Block) -> (x: Double, y: Double) {
        (
            Self.margin + (Double(block.column) + 0.5) * Self.columnWidth,
            Self.margin + Double(block.lane) * Self.laneHeight + Self.glyph / 2 + 8
        )
    }

    private func name(_ block: Block) -> String { block.members.map { graph.members[$0].name }.joined(separator: " ") }
    private func shape(_ block: Block) -> Shape { graph.members[block.members[block.members.count - 1]].shape }

    private func edges(_ block: Block) -> Markup {
        let end = centre(block)
        let paths: [Markup] = block.inputs.map { input in
            let start = centre(blocks[input])
            let (x1, x2) = (start.x + reach(blocks[input]) + 4, end.x - reach(block) - 5)
            // Once it has left its lane it goes straight.
            let bend = min(x1 + 40, x2)
            return """
                <path class="edge" d="M\(x1) \(start.y)C\((x1 + bend) / 2) \(start.y) \((x1 + bend) / 2) \(end.y) \
                \(bend) \(end.y)H\(x2)"/><path class="arrow" d="M\(x2 + 3) \(end.y)l-6 -3.5v7z"/>

                """
        }
        return "\(paths)"
    }

    /// How far a block's drawing goes to the right and to the left of its centre.
    private func reach(_ block: Block) -> Double {
        let shape = shape(block)
        return shape.isVector ? 4 : side(shape) / 2 + Double(depth(shape) - 1) * 1.5
    }

    private func side(_ shape: Shape) -> Double {
        min(Self.glyph - 10, max(7, Double(max(shape.height, shape.width)) * 1.5))
    }
    private func depth(_ shape: Shape) -> Int { min(6, max(1, Int(log2(Double(max(shape.channels, 1))).rounded()))) }

    private func block(_ block: Block) -> Markup {
        let (place, shape) = (centre(block), shape(block))
        var drawing: Markup = ""
        if shape.isVector {
            let length = min(Self.glyph - 6, 10 + 4.5 * log2(Double(max(shape.count, 1))))
            drawing = """
                <rect class="maps" x="\(place.x - 4)" y="\(place.y - length / 2)" width="8" height="\(length)" rx="1.5"/>
                """
        } else {
            let (side, depth) = (side(shape), depth(shape))
            for number in (0..<depth).reversed() {
                let shift = (Double(number) - Double(depth - 1) / 2) * 3
                drawing += """
                    <rect class="maps" x="\(place.x - side / 2 + shift)" y="\(place.y - side / 2 - shift)" \
                    width="\(side)" height="\(side)" rx="1"/>
                    """
            }
        }
        let names = block.members.map { graph.members[$0].name }
        // Two lines of names at most.
        let first = names[0]
        let others = names.dropFirst().joined(separator: " ")
        let rest = others.count > 15 ? others.prefix(14) + "…" : others
        let below = place.y + Self.glyph / 2 + 17
        return """
            <g><title>\(names.joined(separator: ", ")): \("\(shape)")</title>\(drawing)\
            <text class="name middle" x="\(place.x)" y="\(below)">\(first)</text>\
            <text class="middle" x="\(place.x)" y="\(below + 15)">\(String(rest))</text>\
            <text class="middle" x="\(place.x)" y="\(below + (rest.isEmpty ? 15 : 30))">\("\(shape)")</text></g>

            """
    }
}

extension Graph.Member {
    /// Whether it is so little beside the layer that it reads that a picture of a network shows them as one: it works number
    /// by number, sees them in another shape, or keeps the shape and multiplies nothing.
    func isSmall(after input: Graph.Member) -> Bool {
        layer.isPointwise || layer.isView || (shape == input.shape && layer.multiplyAdds([shape]) == 0)
    }
}
