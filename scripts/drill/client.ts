// One client process of the drill: does what it is told over the channel of its parent, and ends with it.
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { openConnections, type RawAnswer } from "./connections.ts";
import type { ClientAnswer, ClientQuestion, Run, Sample, Stream } from "./traffic.ts";

/** What a client waits before it asks again. */
const backOffMilliseconds = 25;
const tickMilliseconds = 2;
/** After that whoever is not answered is not waited for any more. */
const longestMilliseconds = 20_000;

const now = () => performance.timeOrigin + performance.now();
const say = (answer: ClientAnswer) => process.send?.(answer);

let stop = () => {};
process.on("disconnect", () => process.exit(0));
process.on("message", async (question: ClientQuestion) => {
  if (question.type === "stop") stop();
  else if (question.type === "run") say({ type: "samples", samples: await perform(question.run) });
  else say({ type: "closed", milliseconds: await dawdle(question.url, question.key, question.sockets) });
});

async function perform({ url, key, streams, firstNumber }: Run): Promise<Sample[]> {
  const samples: Sample[] = [];
  // Of each stream its own: who asks whether the service lives has nothing to do with those who buy.
  const connections = new Map(streams.map((stream) => [stream, openConnections(url, stream.connections)]));
  const host = new URL(url).host;
  let isStopping = false;
  let number = firstNumber;
  let open = 0;
  const stopped = new Promise<void>((settle) => {
    stop = () => {
      isStopping = true;
      settle();
    };
  });

  function requestOf(stream: Stream, of: number): string {
    const { method, path, bodies = [], by } = stream;
    const body = bodies[of % bodies.length]?.replaceAll("#", String(of));
    return [
      `${method} ${path} HTTP/1.1`,
      `host: ${host}`,
      `authorization: Bearer ${key}`,
      ...(by === "persistent" ? [`idempotency-key: drill-${of}`] : []),
      ...(body === undefined
        ? []
        : ["content-type: application/json", `content-length: ${Buffer.byteLength(body)}`]),
      "",
      body ?? "",
    ].join("\r\n");
  }

  function ask(stream: Stream, of: number, dueAt: number): Promise<Sample> {
    open += 1;
    const at = now();
    return new Promise((settle) => {
      const asked = connections.get(stream)!.ask(
        () => requestOf(stream, of),
        (answer) => {
          clearTimeout(leaving);
          open -= 1;
          const sample = { ...sampleOf(stream.name, of, at, answer), lateMilliseconds: at - dueAt };
          samples.push(sample);
          settle(sample);
        },
      );
      const leaving =
        stream.leavesAfterMilliseconds === undefined
          ? undefined
          : setTimeout(asked.leave, stream.leavesAfterMilliseconds);
    });
  }

  async function atRate(stream: Stream): Promise<void> {
    const began = now();
    for (let sent = 0; !isStopping; await delay(tickMilliseconds))
      for (; began + (sent * 1_000) / stream.count <= now() && !isStopping; sent++)
        void ask(stream, number++, began + (sent * 1_000) / stream.count);
  }

  async function again(stream: Stream): Promise<void> {
    while (!isStopping) {
      const of = number++;
      let sample = await ask(stream, of, now());
      while (
        stream.by === "persistent" &&
        (sample.status === 503 || sample.status === 0 || sample.status === 409)
      ) {
        await delay(backOffMilliseconds);
        sample = await ask(stream, of, now());
      }
    }
  }

  const working = streams.map((stream) =>
    stream.by === "rate"
      ? atRate(stream)
      : Promise.all(Array.from({ length: stream.count }, () => again(stream))),
  );
  await stopped;
  // Who asks on until it is answered may need the service to come back first.
  await Promise.race([Promise.all(working), delay(longestMilliseconds)]);
  for (const until = now() + longestMilliseconds; open > 0 && now() < until; ) await delay(10);
  for (const { close } of connections.values()) close();
  return samples;
}

function sampleOf(
  stream: string,
  number: number,
  at: number,
  { status, head, body }: RawAnswer,
): Omit<Sample, "lateMilliseconds"> {
  const answeredAt = now();
  const asOf = /"degraded":true/.test(body) ? /"asOf":"([^"]+)"/.exec(body)?.[1] : undefined;
  return {
    stream,
    at,
    milliseconds: answeredAt - at,
    status,
    saysWhenToComeAgain: /\r\nretry-after: \d/i.test(head),
    degradedAgeMilliseconds: asOf === undefined ? null : answeredAt - Date.parse(asOf),
    number,
  };
}

/** Half of them never finish their head, half never finish their body; each sends a byte a second, so that none is idle. */
function dawdle(url: string, key: string, sockets: number): Promise<number[]> {
  const { hostname, port, host } = new URL(url);
  const line = `POST /v1/evaluations HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${key}\r\n`;
  const beginnings = [
    `${line}x-slow: `,
    `${line}content-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
  ];
  return Promise.all(
    Array.from({ length: sockets }, (_, i) => {
      const began = now();
      return new Promise<number>((settle) => {
        const socket = connect(Number(port), hostname, () => socket.write(beginnings[i % 2]!));
        const drip = setInterval(() => socket.write(" "), 1_000);
        const given = setTimeout(() => socket.destroy(), longestMilliseconds);
        socket.on("error", () => {});
        socket.resume().on("close", () => {
          clearInterval(drip);
          clearTimeout(given);
          settle(now() - began);
        });
      });
    }),
  );
}
