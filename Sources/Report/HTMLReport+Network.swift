import Foundation
import LanesGraph
import LanesRecipes

extension HTMLReport {
    /// The network as a drawing and as a table.
    var network: Markup {
        guard let graph = try? recipe.graph() else { return "" }
        let shapes = graph.members.map(\.shape)
        let rows: [Markup] = graph.members.map { member in
            let inputs = member.inputs.map { shapes[$0] }
            let parameters = member.parameters.reduce(0) { $0 + ($1.isTrainable ? $1.count : 0) }
            let flops = 2 * member.layer.multiplyAdds(inputs)
            let isSeenDifferently = member.layer.isView
            return """
                <tr><th scope="row">\(member.name)</th>\
                <td class="text">\([member.layer.kind, member.layer.detail].filter { !$0.isEmpty }.joined(separator: " "))</td>\
                <td>\("\(member.shape)")</td><td>\(parameters == 0 ? "" : grouped(parameters))</td>\
                <td>\(flops == 0 ? "" : megaflops(flops))</td>\
                <td>\(isSeenDifferently ? "in place" : grouped(member.shape.count * 4))</td></tr>

                """
        }
        let bytes = graph.members.reduce(0) { $0 + ($1.layer.isView ? 0 : $1.shape.count * 4) }
        return """
            <section id="network">
            <h2>Network</h2>
            \(Self.scrolling("The network’s drawing", NetworkDrawing(graph).markup))\
            <p class="remark">Squares are feature maps, their sides as their sizes and one behind the other where there are \
            more; bars are vectors, the longer the more numbers. What only changes numbers one by one stands with the layer \
            before it.</p>
            \(Self.scrolling("The network’s layers", """
            <table>
            <caption>Layers; MFLOP of one image’s forward pass (an addition and a multiplication are two), bytes of one \
            image’s output</caption>
            <thead><tr><th scope="col">layer</th><th scope="col" class="text">kind</th><th scope="col">output shape</th>\
            <th scope="col">parameters</th><th scope="col">MFLOP</th><th scope="col">bytes</th></tr></thead>
            <tbody>
            \(rows)</tbody>
            <tfoot><tr><th scope="row">all</th><td></td><td></td><td>\(grouped(graph.trainableCount))</td>\
            <td>\(megaflops(2 * graph.multiplyAdds))</td><td>\(grouped(bytes))</td></tr></tfoot></table>
            """))</section>

            """
    }

    private func megaflops(_ operations: Int) -> String {
        let millions = Double(operations) / 1e6
        return millions >= 0.1 ? String(format: "%.1f", millions) : written(millions, digits: 2)
    }
}
