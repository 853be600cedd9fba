import LanesTraining

extension DrawingPage {
    /// JavaScript that shows what the network makes of a picture: answers, bars and feature maps.
    static let answersScript = #"""
        const network = new Network(decodeBase64(element("network").textContent));

        /**
         * Draws channels side by side in as many rows as they need, each pixel as a square: black is the least number
         * of all, white the greatest.
         */
        function drawMaps(canvas, values, { channels, height, width }) {
          const cells = isVector({ height, width });
          const zoom = cells ? (channels > 1024 ? 4 : 12) : Math.max(1, Math.round(56 / Math.max(height, width)));
          const gap = cells ? 2 : 4, step = width * zoom + gap;
          const room = canvas.parentElement.clientWidth + gap - (cells ? 4 : 0);
          const rows = Math.ceil(channels / Math.max(1, Math.floor(room / step))), columns = Math.ceil(channels / rows);
          const lineStep = height * zoom + gap;
          const size = [columns * step - gap, rows * lineStep - gap];
          if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
          let least = Infinity, greatest = -Infinity;
          for (let i = 0; i < values.length; i++) {
            if (values[i] < least) least = values[i];
            if (values[i] > greatest) greatest = values[i];
          }
          const scale = greatest > least ? 255 / (greatest - least) : 0;
          const target = canvas.getContext("2d"), image = target.createImageData(...size);
          const pixels = new Uint32Array(image.data.buffer);
          for (let channel = 0; channel < channels; channel++) {
            const corner = Math.floor(channel / columns) * lineStep * size[0] + channel % columns * step;
            for (let y = 0; y < height; y++) {
              const start = corner + y * zoom * size[0];
              let place = start;
              for (let x = 0; x < width; x++) {
                const level = Math.round((values[(y * width + x) * channels + channel] - least) * scale);
                for (let i = 0; i < zoom; i++) pixels[place++] = 0xff000000 | level * 0x010101;
              }
              for (let line = 1; line < zoom; line++) pixels.copyWithin(start + line * size[0], start, place);
            }
          }
          target.putImageData(image, 0, 0);
          canvas.classList.toggle("cells", cells);
          canvas.hidden = false;
          return [least, greatest];
        }

        /** As many digits as tell something. */
        const short = number => String(Number(number.toPrecision(3))).replace("-", "−");
        const percent = share => `${(share * 100).toFixed(1)} %`;

        /** The layers on the page, each with the canvas of its maps; only those in sight are drawn. */
        const sections = [...document.querySelectorAll("[data-node]")].map(section => ({
          section, node: network.nodes.find(({ name }) => name === section.dataset.node),
          canvas: section.querySelector("canvas"), range: section.querySelector(".range"), isSeen: false,
        }));
        let hasAnswer = false;

        function drawSection({ node, canvas, range }) {
          // Without an answer the maps stand empty where they will be.
          const values = hasAnswer ? node.values : new Float32Array(node.values.length);
          const [least, greatest] = drawMaps(canvas, values, node.shape);
          canvas.classList.toggle("empty", !hasAnswer);
          range.textContent = hasAnswer ? `${short(least)} to ${short(greatest)}` : "";
        }

        const drawSections = () => sections.filter(({ isSeen }) => isSeen).forEach(drawSection);
        const sight = new IntersectionObserver(entries => {
          for (const { target, isIntersecting } of entries) {
            const section = sections.find(({ section }) => section === target);
            section.isSeen = isIntersecting;
            if (isIntersecting) drawSection(section);
          }
        }, { rootMargin: "300px" });
        for (const { section } of sections) sight.observe(section);
        addEventListener("resize", drawSections);

        /** Shows what the network gets at its own size; the stylesheet enlarges it. */
        function drawPrepared(canvas, pixels) {
          const { channels, height, width } = network.input.shape;
          [canvas.width, canvas.height] = [width, height];
          const target = canvas.getContext("2d"), image = target.createImageData(width, height);
          for (let i = 0; i < width * height; i++) {
            for (let c = 0; c < 3; c++) image.data[4 * i + c] = pixels ? pixels[i * channels + c % channels] : 0;
            image.data[4 * i + 3] = 255;
          }
          target.putImageData(image, 0, 0);
        }

        /** What a head gives its best class, in words. */
        const leastConfidence = \#(Prediction.leastConfidence);
        const shareInWords = probability => percent(probability) + (probability < leastConfidence ? ", not sure" : "");

        /** A head's best class and its share in words; of a head of numbers, these and nothing. */
        function bestOf({ classes, output, probabilities }) {
          const greatest = Math.max(...probabilities), best = probabilities.indexOf(greatest);
          if (best >= 0) return [classes[best], shareInWords(greatest)];
          return [output.length > 8 ? `${output.length} numbers` : Array.from(output, short).join(", "), ""];
        }

        /** All answers in a few words. */
        const words = heads =>
          heads.map(head => `${head.name}: ${bestOf(head).filter(word => word).join(", ")}`).join("; ");

        /** Shows a head's answer, or that there is none. */
        function showHead({ section, rows, shape }, head) {
          const label = section.querySelector(".label"), share = section.querySelector(".share");
          if (rows.length === 0) {
            const numbers = section.querySelector(".numbers"), canvas = section.querySelector("canvas");
            canvas.hidden = !head || isVector(shape);
            numbers.textContent = !head ? "–" : isVector(shape) ? Array.from(head.output, short).join("  ") : "";
            if (head && !isVector(shape)) drawMaps(canvas, head.output, shape);
            return;
          }
          const probabilities = head?.probabilities ?? [];
          const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
          rows.forEach((row, index) => {
            const probability = probabilities[index] ?? 0;
            row.style.setProperty("--share", probability);
            row.classList.toggle("best", head !== null && index === order[0]);
            row.lastElementChild.textContent = head ? percent(probability) : "–";
          });
          // Of many classes only the first few are worth a row.
          if (rows.length > 12) {
            rows.forEach(row => row.hidden = true);
            for (const index of head ? order.slice(0, 10) : []) {
              rows[index].hidden = false;
              rows[index].parentElement.append(rows[index]);
            }
          }
          label.textContent = head ? head.classes[order[0]] : "–";
          share.textContent = head ? shareInWords(probabilities[order[0]]) : "";
        }

        /** The heads on the page, each with the rows of its classes in their order. */
        const headSections = [...document.querySelectorAll("[data-head]")].map((section, index) =>
          ({ section, rows: [...section.querySelectorAll("tr")], shape: network.heads[index].node.shape }));

        """#
}
