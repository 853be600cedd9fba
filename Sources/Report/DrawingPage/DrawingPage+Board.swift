extension DrawingPage {
    /// JavaScript of the board that is drawn on: strokes, pens, undo, and what the network gets of it.
    static let boardScript = #"""
        const element = id => document.getElementById(id);
        const board = element("board"), context = board.getContext("2d", { willReadFrequently: true });
        const isDigit = board.dataset.picture === "digit";

        /** Strokes of a width, a colour and points [x, y]. */
        let strokes = [];
        /** The strokes that were cleared last, or gave way to a picture, so that this can be undone. */
        let cleared = [];
        /** A picture that was opened in place of a drawing: what is shown of it, and what the network gets. */
        let photo = null;
        /** The file that is being opened; null as soon as something else is wanted. */
        let opening = null;

        /** Draws everything anew, so that the same strokes always give the same pixels. */
        function redraw() {
          context.clearRect(0, 0, board.width, board.height);
          if (!isDigit) {
            context.fillStyle = element("paper").value;
            context.fillRect(0, 0, board.width, board.height);
          }
          if (photo) drawPhoto(photo);
          // A digit is read from how much ink there is, whatever its colour.
          const ink = getComputedStyle(board).color;
          for (const { width, color, points } of strokes) {
            context.lineWidth = width;
            context.lineCap = context.lineJoin = "round";
            context.strokeStyle = color ?? ink;
            context.beginPath();
            context.moveTo(...points[0]);
            // Through the middles between points, so that corners of a quick hand are round.
            for (let i = 1; i < points.length - 1; i++) {
              const [x, y] = points[i], [nextX, nextY] = points[i + 1];
              context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
            }
            context.lineTo(...points[points.length - 1]);
            context.stroke();
          }
          element("undo").disabled = strokes.length + cleared.length === 0;
          element("clear").disabled = strokes.length === 0 && !photo;
          element("hint").hidden = strokes.length > 0 || photo !== null;
        }

        /** Draws a picture over the whole board; a photograph of digits keeps its ratio. */
        function drawPhoto({ shown, background }) {
          const { height, width } = board, scale = Math.min(height / shown.height, width / shown.width);
          const size = isDigit ? [shown.width * scale, shown.height * scale] : [width, height];
          const place = [(width - size[0]) / 2, (height - size[1]) / 2, ...size];
          context.fillStyle = background;
          context.fillRect(...place);
          context.imageSmoothingQuality = "high";
          context.drawImage(shown, ...place);
        }

        /**
         * What the network gets: pictures as bytes, [height][width][channels] of its input, of several digits from left
         * to right; and where there are none, why.
         */
        function pictures() {
          if (photo) return photo.read;
          if (isDigit && strokes.length === 0) return { pictures: [], problem: "Nothing is drawn." };
          const { data, height, width } = context.getImageData(0, 0, board.width, board.height);
          if (!isDigit) return { pictures: [scaledPicture(data, height, width)], problem: "" };
          const ink = new Uint8Array(height * width);
          for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i + 3];
          // As a picture of it in black on white.
          return digitsOf("drawing", () => inkOf({ pixels: ink, height, width }, 0, 255));
        }

        /** The picture at the size of the network's input. */
        function scaledPicture(rgba, height, width) {
          const { shape } = network.input;
          return resizedPicture(opaque(rgba, shape.channels), height, width, shape);
        }

        /** The digits of an image of ink, or why there are none, as predict says it of a picture of that name. */
        function digitsOf(name, ink) {
          try {
            return { pictures: preparedDigits(ink()), problem: "" };
          } catch (error) {
            if (error instanceof ImageError) return { pictures: [], problem: `${name}: ${error.message}` };
            throw error;
          }
        }

        /** Where on the board the pointer is. */
        function point({ clientX, clientY }) {
          const { left, top, width, height } = board.getBoundingClientRect();
          return [(clientX - left) / width * board.width, (clientY - top) / height * board.height];
        }

        let pointer = null;

        board.addEventListener("pointerdown", event => {
          if (pointer !== null || event.button !== 0) return;
          event.preventDefault();
          pointer = event.pointerId;
          // A pointer that a script made up cannot be captured.
          if (event.isTrusted) board.setPointerCapture(pointer);
          closePhoto();
          cleared = [];
          const color = isDigit ? null : element("ink").value;
          strokes.push({ width: Number(element("width").value), color, points: [point(event)] });
          changed();
        });

        board.addEventListener("pointermove", event => {
          if (event.pointerId !== pointer) return;
          const events = event.getCoalescedEvents?.() ?? [];
          strokes[strokes.length - 1].points.push(...(events.length > 0 ? events : [event]).map(point));
          changed();
        });

        for (const name of ["pointerup", "pointercancel"]) {
          board.addEventListener(name, event => {
            if (event.pointerId !== pointer) return;
            pointer = null;
            changed();
          });
        }

        function undo() {
          if (pointer !== null) return;
          closePhoto();
          if (strokes.length > 0) strokes.pop(); else [strokes, cleared] = [cleared, []];
          changed();
        }

        function clear() {
          if (pointer !== null) return;
          if (strokes.length > 0) [strokes, cleared] = [[], strokes];
          closePhoto();
          changed();
        }

        element("undo").addEventListener("click", undo);
        element("clear").addEventListener("click", clear);
        document.addEventListener("keydown", event => {
          if (event.key === "Escape") clear();
          if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z") {
            event.preventDefault();
            undo();
          }
        });
        element("paper")?.addEventListener("input", () => changed());
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

        function closePhoto() {
          photo = null;
          closePicker();
        }

        /** So that the same file can be chosen again. */
        function closePicker() {
          opening = null;
          element("file").value = "";
        }

        /** Shows a picture's file on the board and gives it to the network. */
        async function open(file) {
          if (!file || pointer !== null) return;
          opening = file;
          // Another one was dropped or pasted.
          if (element("file").files[0] !== file) element("file").value = "";
          say(`Reading ${file.name} …`, true);
          let picture;
          try {
            picture = await decodedFile(file);
          } catch (error) {
            if (opening !== file) return;
            closePicker();
            const problem = error instanceof ImageError ? error.message : "no picture that this browser can read";
            return say(`${file.name}: ${problem}`, true);
          }
          if (opening === file) {
            photo = isDigit ? photograph(file.name, picture) : scaledPhoto(picture);
            [strokes, cleared, chosen] = [[], strokes.length > 0 ? strokes : cleared, 0];
            changed();
          }
          for (const bitmap of [picture.bitmap, picture.seen]) bitmap.close();
        }

        /** A photograph of digits. */
        function photograph(name, picture) {
          const { image, background } = drawingOf(picture);
          return { shown: shownCopy(picture.seen), background, read: digitsOf(name, () => inkOnPaper(image)) };
        }

        /** A picture that is scaled from its own size. */
        function scaledPhoto({ bitmap }) {
          const canvas = document.createElement("canvas"), background = "white";
          const { height, width } = Object.assign(canvas, { height: bitmap.height, width: bitmap.width });
          const target = canvas.getContext("2d");
          target.fillStyle = background;
          target.fillRect(0, 0, width, height);
          target.drawImage(bitmap, 0, 0);
          const { data } = target.getImageData(0, 0, width, height);
          const read = { pictures: [scaledPicture(data, height, width)], problem: "" };
          return { shown: shownCopy(canvas), background, read };
        }

        /** A picture no larger than the board. */
        function shownCopy(picture) {
          const canvas = document.createElement("canvas"), { height, width } = picture;
          const scale = Math.min(1, board.height / height, board.width / width);
          [canvas.width, canvas.height] = [width, height].map(side => Math.max(1, Math.round(side * scale)));
          const target = canvas.getContext("2d");
          target.imageSmoothingQuality = "high";
          target.drawImage(picture, 0, 0, canvas.width, canvas.height);
          return canvas;
        }

        element("file").addEventListener("change", ({ target }) => open(target.files[0]));
        document.addEventListener("paste", ({ clipboardData }) => open(clipboardData.files[0]));
        // Beside the board too, where a browser would leave the page for the picture.
        document.addEventListener("dragover", event => event.preventDefault());
        document.addEventListener("drop", event => {
          event.preventDefault();
          open(event.dataTransfer.files[0]);
        });

        """#
}
