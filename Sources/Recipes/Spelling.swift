/// The candidate that the word is most likely a misspelling of: the fewest letters inserted, deleted or replaced
/// (Levenshtein, 1966), and the first of several equally near.
///
/// - Returns: nil where even the nearest differs in more than a third of its letters (in two, if it is short) and does
///   not begin with the word either.
package func closest(to word: String, among candidates: [String]) -> String? {
    let distances = candidates.map { (candidate: $0, distance: editDistance(word, $0)) }
    guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
    let isNear = best.distance <= max(2, best.candidate.count / 3) && best.distance < best.candidate.count
    return isNear ? best.candidate : candidates.first { !word.isEmpty && $0.hasPrefix(word) }
}

/// How many letters must be inserted, deleted or replaced to make one word of the other.
func editDistance(_ first: String, _ second: String) -> Int {
    let second = Array(second)
    // row[j]: the distance between the letters of `first` read so far and the first j letters of `second`.
    var row = Array(0...second.count)
    for letter in first {
        var diagonal = row[0]
        row[0] += 1
        for (j, other) in second.enumerated() {
            let replaced = diagonal + (letter == other ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[second.count]
}
