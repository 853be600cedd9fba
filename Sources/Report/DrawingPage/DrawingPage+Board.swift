extension DrawingPage {
    /// JavaScript of the board that is drawn on: strokes, pens, undo, and what the network gets of it.
    static let boardScript = #"""
        const element = id => document.getElementById(id);
        const board = element("board"), context = board.getContext("2d", { willReadFrequently: true });
        const isDigit = board.dataset.picture === "digit";

        /** Strokes of a width, a colour and points [x, y]. */
        let strokes = [];
        /** The strokes that were cleared last, so that clearing can be undone. */
        let cleared = [];
        /** A picture that was opened in place of a drawing: a canvas of its own size. */
        let photo = null;

        /** Draws everything anew, so that the same strokes always give the same pixels. */
        function redraw() {
          context.clearRect(0, 0, board.width, board.height);
          if (!isDigit) {
            context.fillStyle = element("paper").value;
            context.fillRect(0, 0, board.width, board.height);
          }
          if (photo) context.drawImage(photo, 0, 0, board.width, board.height);
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

        /** What the network gets: bytes, [height][width][channels] of its input; null where a digit has no ink. */
        function picture() {
          const shape = network.input.shape;
          const source = photo ? photo.getContext("2d") : context;
          const { data, height, width } = source.getImageData(0, 0, source.canvas.width, source.canvas.height);
          if (isDigit) {
            const ink = new Uint8Array(height * width);
            for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i + 3];
            return preparedDigit(ink, height, width);
          }
          return resizedPicture(opaque(data, shape.channels), height, width, shape);
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
          photo = null;
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
          if (strokes.length > 0) strokes.pop(); else [strokes, cleared] = [cleared, []];
          changed();
        }

        function clear() {
          if (pointer !== null) return;
          if (strokes.length > 0) [strokes, cleared] = [[], strokes];
          photo = null;
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

        /** Shows a picture's file on the board and gives it to the network, scaled from its own size. */
        async function open(file) {
          if (!file) return;
          try {
            const bitmap = await createImageBitmap(file), canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
            const target = canvas.getContext("2d");
            target.fillStyle = "white";
            target.fillRect(0, 0, canvas.width, canvas.height);
            target.drawImage(bitmap, 0, 0);
            [photo, strokes, cleared] = [canvas, [], []];
            changed();
          } catch {
            element("status").textContent = `${file.name} is no picture that this browser can read.`;
          }
        }

        if (!isDigit) {
          element("file").addEventListener("change", ({ target }) => open(target.files[0]));
          board.addEventListener("dragover", event => event.preventDefault());
          board.addEventListener("drop", event => {
            event.preventDefault();
            open(event.dataTransfer.files[0]);
          });
        }

        """#
}
