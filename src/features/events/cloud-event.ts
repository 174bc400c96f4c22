/** As it is told: CloudEvents 1.0, with the extension `sequence`. */
export interface CloudEvent {
  specversion: "1.0";
  id: string;
  source: string;
  type: string;
  subject: string;
  time: string;
  datacontenttype: "application/json";
  sequence: string;
  data: Record<string, unknown>;
}

export interface StoredEvent {
  readonly projectId: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly data: Record<string, unknown>;
  readonly position: number;
  readonly createdAt: Date;
}

export function cloudEventOf(event: StoredEvent): CloudEvent {
  const { projectId, id, type, subject, data, position, createdAt } = event;
  return {
    specversion: "1.0",
    id,
    source: `urn:dealwright:${projectId}`,
    type,
    subject,
    time: createdAt.toISOString(),
    datacontenttype: "application/json",
    // Texts that are as long sort as their numbers do: the extension wants it so.
    sequence: String(position).padStart(16, "0"),
    data,
  };
}
