import Foundation
import LanesData
import LanesGraph
import LanesRecipes
import LanesTraining

extension HTMLReport {
    /// The wrong answers to a task that the network was surest of, as pictures.
    func mistakes(ofTask index: Int) -> Markup {
        let (mistakes, classes) = (run.result.mistakes[index], recipe.tasks[index].classes)
        let wrong = run.result.confusions[index].total - run.result.confusions[index].correct
        if wrong == 0 { return "<p>No mistakes.</p>\n" }
        let items: [Markup] = mistakes.filter { run.test.list.indices.contains($0.sample) }.map { mistake in
            let (label, prediction) = (classes[mistake.label], classes[mistake.prediction])
            let wrong = probability(mistake.probability)
            var right: Markup = ""
            if let own = mistake.labelProbability, let rank = mistake.labelRank {
                right = "<br/>\(label): \(probability(own))\(classes.count > 2 ? ", no. \(rank)" : "")"
            }
            return """
                <li><img src="\(picture(of: mistake.sample))" width="56" height="56" \
                alt="test image \(mistake.sample): \(label) taken for \(prediction) with \(wrong)"/>\
                <b>\(label) → \(prediction)</b><br/>\(prediction): \(wrong)\(right)<br/>\
                image \(grouped(mistake.sample))</li>

                """
        }
        let which = mistakes.count < wrong ? "\(mistakes.count) of \(grouped(wrong)) mistakes" : "All mistakes"
        return """
            <h3>The worst mistakes</h3>
            <p class="remark">\(which) in the test images, the surest first: actual → predicted class, the probability that \
            the network gave the wrong class, what it gave the right one and which place that has among its answers, and \
            the image’s number, counted from 0.</p>
            <ul class="mistakes">
            \(items)</ul>

            """
    }

    /// A probability with no more digits than it deserves.
    func probability(_ value: Double) -> String {
        value > 0 && value < 0.0005 ? "below 0.1 %" : String(format: "%.1f %%", value * 100)
    }

    /// A test image, turned as the network saw it.
    func picture(of sample: Int) -> String {
        var values = [Float](repeating: 0, count: Recipe.imageShape.count)
        var span = values.mutableSpan
        run.test.load(sample, input: 0, into: &span)
        return GrayImage(levels: values).dataAddress
    }

    /// The weights of the first convolution, each filter as a picture; nothing where there is none.
    var filters: Markup {
        guard let filters = run.filters, !filters.values.isEmpty else { return "" }
        let greatest = max(filters.values.joined().map(abs).max() ?? 0, .leastNormalMagnitude)
        let pictures: [Markup] = filters.values.enumerated().map { number, weights in
            let cells: [Markup] = weights.enumerated().map { place, weight in
                cell(weight / greatest, x: place % filters.width, y: place / filters.width)
            }
            let range = [weights.min(), weights.max()].map { signed(Double($0 ?? 0), decimals: 2) }
            return """
                <svg viewBox="0 0 \(filters.width) \(filters.height)" role="img">\
                <title>filter \(number + 1): \(range.joined(separator: " to "))</title>\(cells)</svg>

                """
        }
        let ends = [-greatest, greatest].map { signed(Double($0), decimals: 2) }
        let steps = 11
        let scale: [Markup] = (0..<steps).map { cell(Float($0 - steps / 2) / Float(steps / 2), x: $0, y: 0) }
        return """
            <section id="filters">
            <h2>First-layer filters</h2>
            <p class="remark">The \(filters.values.count) filters of the first convolution, \
            \(filters.height)×\(filters.width) weights each, all on one scale:</p>
            <p class="scale"><span>\(ends[0])</span>\
            <svg viewBox="0 0 \(steps) 1" role="img"><title>colours of weights</title>\(scale)</svg>\
            <span>\(ends[1])</span></p>
            <div class="filters">
            \(pictures)</div>
            </section>

            """
    }

    /// A weight as a square.
    ///
    /// - Parameter weight: −1…1: the deeper the colour the farther from 0, which is the page's own ground.
    private func cell(_ weight: Float, x: Int, y: Int) -> Markup {
        let style: Markup = weight < 0 ? "negative" : "positive"
        return """
            <rect class="\(style)" x="\(x)" y="\(y)" width="1" height="1" fill-opacity="\(Double(abs(weight)))"/>
            """
    }
}
