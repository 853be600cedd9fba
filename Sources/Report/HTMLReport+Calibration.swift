import LanesGraph
import LanesRecipes
import LanesTraining

extension HTMLReport {
    /// Whether answers were right as often as the network thought, with the numbers.
    func calibration(ofTask index: Int) -> Markup {
        guard let confidence = confidence(ofTask: index) else { return "" }
        let title = "Reliability, \(recipe.tasks[index].head)"
        let error = percent(confidence.expectedCalibrationError)
        let rows: [Markup] = confidence.bins.enumerated().filter { $0.element.count > 0 }.map { place, bin in
            let interval = ConfusionMatrix.interval(bin.correct, of: bin.count)
            return """
                <tr><th scope="row">\(edge(place)) to \(edge(place + 1)) %</th><td>\(grouped(bin.count))</td>\
                <td>\(percent(bin.probability))</td><td>\(percent(bin.accuracy))</td>\
                <td>\(percent(interval.lowerBound)) to \(percent(interval.upperBound))</td></tr>

                """
        }
        return """
            <h3>How far its confidence can be trusted</h3>
            <p class="remark">Answers to the test images, put together by the probability that the network gave them, in 15 \
            equal parts (Guo et al., “On Calibration of Modern Neural Networks”, 2017). On the diagonal it is right as \
            often as it says; above it, more often. Lines are 95 % intervals. Expected calibration error \
            <strong>\(error)</strong>.</p>
            <div class="side">
            <figure class="chart"><figcaption>\(title)</figcaption>
            <svg viewBox="0 0 380 300" role="img"><title>\(title)</title>\
            <desc>Expected calibration error \(error); the table beside it has the numbers.</desc>
            \(diagram(confidence))</svg></figure>
            \(Self.scrolling("Reliability by confidence", """
            <table>
            <thead><tr><th scope="col">confidence</th><th scope="col">answers</th><th scope="col">mean confidence</th>\
            <th scope="col">right</th><th scope="col">95 % interval</th></tr></thead>
            <tbody>
            \(rows)</tbody></table>
            """))</div>

            """
    }

    /// How sure the answers to a task were, where the network gives probabilities and it is known.
    func confidence(ofTask index: Int) -> Confidence? {
        guard let confidences = run.result.confidences, confidences.indices.contains(index) else { return nil }
        return confidences[index].flatMap { confidence in confidence.bins.contains { $0.count > 0 } ? confidence : nil }
    }

    private func edge(_ place: Int) -> String { written(100 * Double(place) / 15, digits: 3) }

    private func diagram(_ confidence: Confidence) -> Markup {
        let (left, right, top, bottom) = (52.0, 332.0, 14.0, 250.0)
        let x = { (share: Double) in left + share * (right - left) }
        let y = { (share: Double) in bottom - share * (bottom - top) }
        let grid: [Markup] = (0...5).map { number in
            let share = Double(number) / 5
            return """
                <path class="grid" d="M\(left) \(y(share))H\(right)"/>\
                <text class="end" x="\(left - 7)" y="\(y(share) + 4)">\(20 * number)</text>\
                <text class="middle" x="\(x(share))" y="\(bottom + 18)">\(20 * number)</text>

                """
        }
        let most = Double(confidence.bins.map(\.count).max() ?? 1)
        let bars: [Markup] = confidence.bins.enumerated().filter { $0.element.count > 0 }.map { place, bin in
            let (start, width) = (x(Double(place) / 15), (right - left) / 15)
            let interval = ConfusionMatrix.interval(bin.correct, of: bin.count)
            // Of bins with next to no answers the bar is pale.
            let opacity = 0.25 + 0.75 * (Double(bin.count) / most).squareRoot()
            return """
                <g><title>\(grouped(bin.count)) answers, mean confidence \(percent(bin.probability)), right \
                \(percent(bin.accuracy))</title><rect class="bar" x="\(start + 0.75)" y="\(y(bin.accuracy))" \
                width="\(width - 1.5)" height="\(bottom - y(bin.accuracy))" fill-opacity="\(opacity)"/>\
                <path class="whisker" d="M\(start + width / 2) \(y(interval.lowerBound))V\(y(interval.upperBound))"/></g>

                """
        }
        return """
            \(grid)\(bars)<path class="diagonal" d="M\(left) \(bottom)L\(right) \(top)"/>
            <path class="axis" d="M\(left) \(bottom)H\(right)"/>
            <text class="middle" x="\((left + right) / 2)" y="\(bottom + 42)">confidence, %</text>
            <text class="label" transform="translate(13 \((top + bottom) / 2)) rotate(-90)" text-anchor="middle">right, %</text>

            """
    }

    /// Of each class the test images that the network was surest of, and those that it was least sure of.
    func certainty(ofTask index: Int) -> Markup {
        guard !run.isRunning, let confidence = confidence(ofTask: index) else { return "" }
        let classes = recipe.tasks[index].classes
        func pictures(_ answers: [Confidence.Answer], of label: Int) -> Markup {
            let items: [Markup] = answers.filter { run.test.list.indices.contains($0.sample) }.map { answer in
                let probability = probability(answer.probability)
                let isRight = answer.prediction == label
                let words =
                    "image \(grouped(answer.sample)): \(classes[label]), answered \(classes[answer.prediction]) with "
                let wrong: Markup = isRight ? "" : "<b>\(classes[answer.prediction])</b> "
                return """
                    <span class="answer"><img src="\(picture(of: answer.sample))" width="42" height="42" \
                    alt="\(words)\(probability)" title="\(words)\(probability)"/>\(wrong)\(probability)</span>

                    """
            }
            return "\(items)"
        }
        let rows: [Markup] = classes.indices.map { label in
            """
            <tr><th scope="row">\(classes[label])</th><td>\(pictures(confidence.surest[label], of: label))</td>\
            <td>\(pictures(confidence.leastSure[label], of: label))</td></tr>

            """
        }
        return """
            <h3>Surest and least sure</h3>
            <p class="remark">Of each class the right answers with the greatest probability, and the answers with the least; \
            where such a one is wrong, it is named.</p>
            <table class="certainty">
            <thead><tr><th scope="col">class</th><th scope="col">surest</th><th scope="col">least sure</th></tr></thead>
            <tbody>
            \(rows)</tbody></table>

            """
    }
}
