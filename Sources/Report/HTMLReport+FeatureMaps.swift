import Foundation
import LanesData
import LanesGraph
import LanesRecipes
import LanesTraining

extension HTMLReport {
    /// One test image on its way through the network.
    var featureMaps: Markup {
        guard let model = run.model, run.test.count > 0, model.graph.inputs.count == 1 else { return "" }
        let graph = model.graph
        // What pointwise layers have made of a layer stands for it.
        let shown = graph.members.indices.filter { index in
            let member = graph.members[index]
            let readers = graph.members.filter { $0.inputs.contains(index) }
            let isFollowed = readers.count == 1 && readers[0].isSmall(after: member)
            return !member.inputs.isEmpty && !isFollowed && !graph.headOutputs.contains(index)
                && !graph.members[index].layer.isView
        }
        var levels = [Float](repeating: 0, count: Recipe.imageShape.count)
        var span = levels.mutableSpan
        run.test.load(0, input: 0, into: &span)
        guard let answer = try? model.predict(levels, values: shown.map { graph.members[$0].name }) else { return "" }
        let items: [Markup] = shown.compactMap { index in
            let member = graph.members[index]
            guard let values = answer.values[member.name], values.count == member.shape.count else { return nil }
            let (sheet, maps) = mosaic(values, member.shape)
            let shape = member.shape
            let what =
                shape.isVector
                ? "\(grouped(shape.count)) numbers"
                : "\(counted(shape.channels, "map")) of \(shape.height)×\(shape.width)"
            let part = maps < shape.channels && !shape.isVector ? ", the first \(maps)" : ""
            return """
                <figure><img src="\(sheet.dataAddress)" width="\(sheet.width * zoom(shape))" \
                height="\(sheet.height * zoom(shape))" alt="\(member.name): \(what)\(part)"/>\
                <figcaption>\(member.name) <span>\(what)\(part)</span></figcaption></figure>

                """
        }
        let heads: [Markup] = zip(recipe.tasks, answer.heads).map { task, head in
            let bars: [Markup] = zip(task.classes, head.probabilities).map { name, probability in
                """
                <tr><th scope="row">\(name)</th><td><span class="bar" style="--share:\(100 * probability)%"></span></td>\
                <td>\(percent(probability))</td></tr>

                """
            }
            return """
                <table class="bars"><caption>\(task.head)</caption>
                <thead><tr><th scope="col">class</th><th scope="col"><span class="unseen">bar</span></th>\
                <th scope="col">probability</th></tr></thead>
                <tbody>\(bars)</tbody></table>

                """
        }
        let names = recipe.tasks.indices.map { recipe.tasks[$0].classes[run.test.label(0, task: $0)] }
        return """
            <section id="maps">
            <h2>One image through the network</h2>
            <p class="remark">The first test image (\(names.joined(separator: ", "))), and what each layer makes of it: the \
            brighter the greater, all of a layer on one scale.</p>
            <div class="maps">
            <figure><img src="\(picture(of: 0))" width="84" height="84" alt="the first test image"/>\
            <figcaption>image <span>\(Recipe.imageShape.height)×\(Recipe.imageShape.width)</span></figcaption></figure>
            \(items)</div>
            <div class="side">
            \(heads)</div>
            </section>

            """
    }

    /// How many pixels of the page a number is wide.
    private func zoom(_ shape: Shape) -> Int { shape.isVector ? 5 : shape.width >= 20 ? 1 : shape.width >= 10 ? 2 : 4 }

    /// Maps beside and below each other, with a gap between; of a vector its numbers in rows.
    ///
    /// - Parameter values: [height][width][channels].
    /// - Returns: The picture, and how many maps it shows.
    private func mosaic(_ values: [Float], _ shape: Shape) -> (GrayImage, maps: Int) {
        let (least, greatest) = (min(values.min() ?? 0, 0), values.max() ?? 0)
        let scale = greatest > least ? 255 / (greatest - least) : 0
        let level = { (value: Float) in
            let level = ((value - least) * scale).rounded()
            return level.isFinite ? UInt8(min(max(level, 0), 255)) : 0
        }
        if shape.isVector {
            let columns = min(64, shape.count)
            let rows = (shape.count + columns - 1) / columns
            let pixels = (0..<rows * columns).map { $0 < values.count ? level(values[$0]) : 0 }
            return (GrayImage(checkedHeight: rows, width: columns, pixels: pixels), 1)
        }
        let maps = min(shape.channels, 64)
        let columns = min(maps, max(1, 480 / ((shape.width + 1) * zoom(shape))))
        let rows = (maps + columns - 1) / columns
        let (width, height) = (columns * (shape.width + 1) - 1, rows * (shape.height + 1) - 1)
        var pixels = [UInt8](repeating: 90, count: width * height)
        for map in 0..<maps {
            let (top, left) = (map / columns * (shape.height + 1), map % columns * (shape.width + 1))
            for y in 0..<shape.height {
                for x in 0..<shape.width {
                    pixels[(top + y) * width + left + x] = level(values[(y * shape.width + x) * shape.channels + map])
                }
            }
        }
        return (GrayImage(checkedHeight: height, width: width, pixels: pixels), maps)
    }
}
