extension DrawingPage {
    /// JavaScript that reads the board while it is drawn on: one picture, or several digits from left to right.
    static let readingScript = #"""
        let [isPlanned, lastTime] = [false, 0];
        /** Which of several digits the answers and maps are of. */
        let chosen = 0;

        /** Says what there is to say, to all or only to those who cannot see it on the page. */
        function say(text, isSeen) {
          element("status").textContent = text;
          element("status").classList.toggle("hidden", !isSeen);
        }

        /** A button that chooses one of several digits. */
        function digitButton(index) {
          const button = document.createElement("button");
          button.type = "button";
          button.append(...["canvas", "b", "span"].map(name => document.createElement(name)));
          button.addEventListener("click", () => {
            chosen = index;
            changed();
          });
          return button;
        }

        /**
         * Shows several digits side by side, each with the first head's answer.
         * @returns {string[]} Those answers.
         */
        function showDigits(pictures) {
          const row = element("digits"), wanted = pictures.length > 1 ? pictures.length : 0;
          while (row.children.length > wanted) row.lastElementChild.remove();
          while (row.children.length < wanted) row.append(digitButton(row.children.length));
          row.hidden = wanted === 0;
          return [...row.children].map((button, index) => {
            const [canvas, label, share] = button.children;
            drawPrepared(canvas, pictures[index]);
            [label.textContent, share.textContent] = bestOf(network.run(pictures[index])[0]);
            button.setAttribute("aria-pressed", index === chosen);
            return label.textContent;
          });
        }

        /** Asks the network, and shows all that it says. */
        function answer() {
          isPlanned = false;
          const start = performance.now();
          const { pictures: digits, problem } = pictures();
          chosen = Math.max(0, Math.min(chosen, digits.length - 1));
          const row = showDigits(digits), pixels = digits[chosen] ?? null;
          // The chosen one last, whose values the maps show.
          let heads = pixels && network.run(pixels);
          const broken = heads?.find(({ output }) => !output.every(Number.isFinite));
          if (broken) heads = null;
          hasAnswer = heads !== null;
          drawPrepared(element("prepared"), pixels);
          headSections.forEach((section, index) => showHead(section, heads ? heads[index] : null));
          drawSections();
          lastTime = performance.now() - start;
          element("time").textContent = heads ? `Answered in ${lastTime.toFixed(0)} ms.` : "";
          // Read aloud when a stroke is done, not at every point of it.
          if (pointer !== null) return;
          if (broken) return say(`The output of ${broken.name} is not finite.`, true);
          if (!heads) return say(problem, photo !== null || strokes.length > 0);
          if (row.length === 0) return say(words(heads), false);
          const read = row.join(row.every(name => name.length === 1) ? "" : ", ");
          say(`Found ${row.length} digits side by side, from left to right: ${read}`, true);
        }

        /** Draws what has changed and asks the network soon: for every frame, or half of the time where it is slow. */
        function changed() {
          redraw();
          if (isPlanned) return;
          isPlanned = true;
          setTimeout(() => requestAnimationFrame(answer), lastTime > 30 ? lastTime : 0);
        }

        redraw();
        answer();
        // What has run a few times is compiled, so that the first stroke is as quick as the others.
        setTimeout(() => {
          const [start, blank] = [performance.now(), new Uint8Array(count(network.input.shape))];
          for (let i = 0; i < 10 && !hasAnswer && performance.now() < start + 50; i++) network.run(blank);
        }, 50);

        """#
}
