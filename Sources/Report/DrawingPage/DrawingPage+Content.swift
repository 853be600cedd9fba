import LanesGraph
import LanesTraining

extension DrawingPage {
    /// The board, as large as the picture makes it, with what belongs to it.
    static func board(for input: Shape, picture: Picture) -> Markup {
        // At most so many pixels a side, unless the network itself takes more.
        let zoom = max(1, 448 / max(input.height, input.width))
        let (height, width) = (input.height * zoom, input.width * zoom)
        let side = max(height, width)
        let colors: Markup =
            picture == .digit
            ? ""
            : """
            <div><label>Pen <input type="color" id="ink" value="#ffffff"/></label>
            <label>Paper <input type="color" id="paper" value="#000000"/></label></div>

            """
        let wish: Markup = picture == .digit ? "Draw a digit, or drop a picture" : "Draw, or drop a picture"
        return """
            <section class="board" aria-label="Drawing">
            <div class="paper">
            <canvas id="board" data-picture="\(picture.rawValue)" width="\(width)" height="\(height)" role="img" \
            aria-label="Board to draw on with mouse, pen or finger" aria-describedby="status">\
            </canvas>
            <p id="hint" aria-hidden="true">\(wish)</p>
            </div>
            <div class="controls">
            <button type="button" id="undo" aria-keyshortcuts="Control+Z Meta+Z" title="Ctrl+Z">Undo</button>
            <button type="button" id="clear" aria-keyshortcuts="Escape" title="Escape">Clear</button>
            <label>Pen width <input type="range" id="width" min="\(side / 40 + 1)" max="\(side / 5)" \
            value="\(side / 12)"/></label>
            \(colors)<label>Picture <input type="file" id="file" accept="image/*"/></label>
            </div>
            <div class="prepared">
            <canvas id="prepared" width="\(input.width)" height="\(input.height)" role="img" \
            aria-label="The picture as the network gets it"></canvas>
            <p>What the network gets: \("\(input.height)×\(input.width)") pixels. <span id="time"></span></p>
            </div>
            <p id="status" class="hidden" role="status" aria-live="polite"></p>
            <div id="digits" role="group" aria-label="Digits from left to right" hidden=""></div>
            </section>

            """
    }

    /// What a head answers: its classes with bars, or its numbers.
    static func head(_ index: Int, of model: Model) -> Markup {
        let (head, classes) = (model.graph.heads[index], model.classes[index])
        let heading: Markup = "<section class=\"verdict\" data-head=\"\(index)\">\n<h2>\(head.name)</h2>\n"
        guard !classes.isEmpty, head.loss.answer != .values else {
            return """
                \(heading)<div><canvas hidden="" role="img" aria-label="\(head.name)"></canvas></div>
                <p class="numbers">–</p>
                </section>

                """
        }
        let rows: [Markup] = classes.map { name in
            """
            <tr><th scope="row">\(name)</th><td class="gauge"><i></i></td><td>–</td></tr>

            """
        }
        return """
            \(heading)<p class="first"><b class="label">–</b> <span class="share"></span></p>
            <table><caption class="hidden">What the network gives each class of \(head.name)</caption>
            <tbody>
            \(rows)</tbody></table>
            </section>

            """
    }

    /// A place for the maps of each layer, but for those that only pass numbers on.
    static func layers(of model: Model) -> Markup {
        let items: [Markup] = model.graph.members.compactMap { member in
            let layer = member.node.layer
            if ["Input", "Flatten", "Dropout"].contains(type(of: layer).name) { return nil }
            let detail = layer.detail.isEmpty ? layer.kind : "\(layer.kind) \(layer.detail)"
            return """
                <section class="layer" data-node="\(member.name)">
                <h3>\(member.name)</h3>
                <p class="remark">\(detail) → \("\(member.shape)") <span class="range"></span></p>
                <div><canvas hidden="" role="img" aria-label="The output of \(member.name) as grey maps"></canvas></div>
                </section>

                """
        }
        return """
            <section class="layers">
            <h2>Layer by layer</h2>
            <p class="remark">What each layer makes of the picture, its channels side by side: black is the layer’s \
            least number and white its greatest.</p>
            \(items)</section>

            """
    }
}
