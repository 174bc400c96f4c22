/** HTTP over plain sockets: a client must cost far less than the service that it measures on the same two cores. */
import { connect, type Socket } from "node:net";

export interface RawAnswer {
  /** 0: the connection broke first; -1: none was free. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

export interface Connections {
  /** Over a connection that has nothing else to do, or a new one. The request is made only where there is one. */
  ask(request: () => string, answered: (answer: RawAnswer) => void): { leave(): void };
  close(): void;
}

interface Connection {
  readonly socket: Socket;
  answered: ((answer: RawAnswer) => void) | null;
}

const broken: RawAnswer = { status: 0, head: "", body: "" };
const noneFree: RawAnswer = { ...broken, status: -1 };

/** `most`: at a time. */
export function openConnections(url: string, most = Number.POSITIVE_INFINITY): Connections {
  const { hostname, port } = new URL(url);
  let idle: Connection[] = [];
  const all = new Set<Socket>();

  function opened(): Connection {
    const socket = connect(Number(port), hostname).setNoDelay(true).setEncoding("latin1");
    const connection: Connection = { socket, answered: null };
    all.add(socket);
    let heard = "";
    socket.on("data", (text: string) => {
      heard += text;
      const answer = answerIn(heard);
      if (answer === null) return;
      heard = "";
      const { answered } = connection;
      connection.answered = null;
      if (/\r\nconnection: close/i.test(answer.head)) socket.end();
      else idle.push(connection);
      answered?.(answer);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      all.delete(socket);
      idle = idle.filter((other) => other !== connection);
      const { answered } = connection;
      connection.answered = null;
      answered?.(broken);
    });
    return connection;
  }

  return {
    ask(request, answered) {
      if (idle.length === 0 && all.size >= most) {
        process.nextTick(answered, noneFree);
        return { leave() {} };
      }
      const connection = idle.pop() ?? opened();
      connection.answered = answered;
      connection.socket.write(request());
      return {
        leave() {
          if (connection.answered === answered) connection.socket.destroy();
        },
      };
    },
    close() {
      for (const socket of all) socket.destroy();
    },
  };
}

function answerIn(heard: string): RawAnswer | null {
  const end = heard.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const head = heard.slice(0, end);
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
  const body = heard.slice(end + 4);
  return body.length < length ? null : { status: Number(head.slice(9, 12)), head, body };
}
