import type { ChildProcess } from "node:child_process";

/** What a service that was started prints as its address, once it is ready. Rejects where it ends instead. */
export function addressOf(service: ChildProcess): Promise<string> {
  return new Promise((settle, refuse) => {
    let printed = "";
    service.stdout!.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      const address = /ready at (http:\S+)/.exec(printed)?.[1];
      if (address !== undefined) settle(address);
    });
    service.once("exit", (code) => refuse(new Error(`the service ended with ${code}`)));
  });
}
