import LanesData
import LanesFiles
import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// An element of a document that was read by an XML parser, which takes nothing but well-formed ones.
final class ParsedElement {
    let name: String
    let attributes: [String: String]
    private(set) var children: [ParsedElement] = []
    private(set) var text = ""

    private init(_ name: String, _ attributes: [String: String]) {
        (self.name, self.attributes) = (name, attributes)
    }

    /// Why a document was not taken.
    struct Malformed: Error {
        let line: Int
        let reason: String
    }

    static func root(of document: String) throws -> ParsedElement {
        let reader = Reader()
        let parser = XMLParser(data: Data(document.utf8))
        parser.delegate = reader
        guard parser.parse(), let root = reader.root.children.first else {
            throw Malformed(line: parser.lineNumber, reason: "\(parser.parserError.map { "\($0)" } ?? "no element")")
        }
        return root
    }

    /// The elements of that name within this one, in the order of the document.
    func all(_ name: String) -> [ParsedElement] {
        children.flatMap { ($0.name == name ? [$0] : []) + $0.all(name) }
    }

    /// All elements within this one.
    var descendants: [ParsedElement] { children.flatMap { [$0] + $0.descendants } }

    /// The rows of all tables: the texts of their cells.
    var rows: [[String]] { all("tr").map { $0.children.map(\.text) } }

    /// The picture that an address in this attribute holds, if it is a PNG that we can read.
    func picture(_ attribute: String) throws -> GrayImage? {
        let prefix = "data:image/png;base64,"
        guard let address = attributes[attribute], address.hasPrefix(prefix),
            let content = Data(base64Encoded: String(address.dropFirst(prefix.count)))
        else { return nil }
        return try GrayImage.decode(Array(content), name: attribute)
    }

    private final class Reader: NSObject, XMLParserDelegate {
        let root = ParsedElement("", [:])
        private lazy var open = [root]

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            let element = ParsedElement(name, attributes)
            open.last?.children.append(element)
            open.append(element)
        }

        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
        ) { open.removeLast() }

        func parser(_ parser: XMLParser, foundCharacters string: String) {
            for element in open { element.text += string }
        }
    }
}
