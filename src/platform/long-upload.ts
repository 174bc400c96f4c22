import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** How slow the other side of a stream may be. */
export interface StreamPatience {
  /** A peer that neither sends nor takes a byte for so long is gone. */
  readonly stallMilliseconds: number;
  /** What an upload brings at least in each such time: a byte now and then would keep it alive for ever. */
  readonly leastUploadBytes: number;
}

export const usualStreamPatience: StreamPatience = { stallMilliseconds: 60_000, leastUploadBytes: 65_536 };

const mayTakeLong = new WeakSet<IncomingMessage>();
/** The upload that comes over a connection now. */
const arriving = new WeakMap<Socket, IncomingMessage>();

/** Also once it has arrived: what it brought may take as long to be worked off. */
export function isLongUpload(request: IncomingMessage): boolean {
  return mayTakeLong.has(request);
}

/** Whether what comes over this socket now may take longer than a request may. */
export function carriesLongUpload(socket: Socket): boolean {
  return arriving.has(socket);
}

/** This request, and no other over its connection, may take its time, as long as it gets on; `giveUp` is called once it does not. */
export function tolerateLongUpload(
  request: IncomingMessage,
  { stallMilliseconds, leastUploadBytes }: StreamPatience,
  giveUp: () => void,
): void {
  const { socket } = request;
  mayTakeLong.add(request);
  arriving.set(socket, request);
  // Node ends a socket whose timeout nobody listens to, and sets its own again after the answer.
  socket.setTimeout?.(stallMilliseconds);
  let before = socket.bytesRead;
  const watch = setInterval(() => {
    if (request.complete) {
      clearInterval(watch);
      return;
    }
    const brought = socket.bytesRead - before;
    before += brought;
    // While something is there that was not read yet, it is we who are slow.
    if (brought < leastUploadBytes && request.readableLength === 0) giveUp();
  }, stallMilliseconds).unref();
  request.once("close", () => {
    clearInterval(watch);
    if (arriving.get(socket) === request) arriving.delete(socket);
  });
}
