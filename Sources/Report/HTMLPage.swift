/// A whole page in the style of the reports, light and dark.
///
/// - Parameters:
///   - head: What stands in the head before the title.
///   - style: Rules beside the reports' own.
///   - kind: The class of the body, for those rules.
func htmlPage(title: String, head: Markup = "", style: Markup = "", kind: Markup = "", body: Markup) -> Markup {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8"/>
    <meta name="viewport" content="width=device-width, initial-scale=1"/>
    <meta name="color-scheme" content="light dark"/>
    \(head)<title>\(title)</title>
    <style>
    \(HTMLReport.stylesheet)\(style)</style>
    </head>
    <body\(kind)>
    \(body)</body>
    </html>

    """
}
