import { connect } from "node:net";

/** What the server says to whoever sends this and then nothing more, once it ends the connection. */
export function dawdle(port: number, text: string): Promise<string> {
  return new Promise((settle) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (data) => {
      answer += data;
    });
    socket.on("error", () => settle(answer));
    socket.on("close", () => settle(answer));
  });
}
