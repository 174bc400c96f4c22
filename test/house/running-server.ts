import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

export interface RunningServer {
  url: string;
  /** Everything it has printed. */
  banner: string;
  /** Runs a script in a fresh folder with these files, with `localhost:8080` meaning this server; what it printed. */
  shell(script: string, files?: Readonly<Record<string, string>>): string;
  stop(): Promise<void>;
}

/** `npm start`, on a free port and in an empty folder. */
export async function startServer(): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), "dealwright-readme-"));
  // As root, the embedded PostgreSQL runs as somebody else and has to get through.
  chmodSync(folder, 0o711);
  const server = spawn("npm", ["start"], {
    // A process group of its own: npm does not pass on the signal that ends it.
    detached: true,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATA_DIR: join(folder, "data"),
      PORT: "0",
      LOG_LEVEL: "warn",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // Not "exit", which is npm's: "close" comes when the last of the group has let go of the output.
  const ended = new Promise<void>((done) => server.once("close", () => done()));
  const stop = async () => {
    if (server.pid !== undefined && server.exitCode === null) process.kill(-server.pid, "SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  let printed = "";
  const url = await new Promise<string>((ready, fail) => {
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
      const address = /ready at (http:\S+)[\s\S]*curl .*\n/.exec(printed)?.[1];
      if (address !== undefined) ready(address);
    };
    server.stdout.on("data", read);
    server.stderr.on("data", read);
    server.once("exit", (code) => fail(new Error(`the server ended with ${code}:\n${printed}`)));
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const path = commandPath(folder);
  return {
    url,
    get banner() {
      return printed;
    },
    shell(script, files = {}) {
      const work = mkdtempSync(join(folder, "work-"));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(work, name), text);
      const here = script.replaceAll(/(?:http:\/\/)?localhost:8080/g, url);
      return execFileSync("sh", ["-eu", "-c", here], {
        cwd: work,
        env: { ...process.env, PATH: path },
        encoding: "utf8",
        // A wait for what never comes is a fault to be told, not to be waited for.
        timeout: 180_000,
      });
    },
    stop,
  };
}

/** The machine needs only Node and npm: where curl is missing, a stand-in for it comes first. */
function commandPath(folder: string): string {
  const path = process.env.PATH ?? "";
  try {
    execFileSync("curl", ["--version"], { stdio: "ignore" });
    return path;
  } catch {
    symlinkSync(resolve("test/house/curl-stand-in.mjs"), join(folder, "curl"));
    return `${folder}${delimiter}${path}`;
  }
}
