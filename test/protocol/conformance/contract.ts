import { create, type DescMessage, type Message, type Registry } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';

// The shapes of connectrpc.conformance.v1, as far as the service needs them. The descriptors come from the suite's
// own module at test time: there is no copy of its protos to keep in step.

export interface Header {
  name: string;
  value: string[];
}

export interface ErrorDefinition {
  code: number;
  message?: string;
  details: Any[];
}

interface Definition {
  responseHeaders: Header[];
  responseTrailers: Header[];
  responseDelayMs: number;
}

export type UnaryRequest = Message & {
  responseDefinition?: Definition & {
    response:
      | { case: 'responseData'; value: Uint8Array }
      | { case: 'error'; value: ErrorDefinition }
      | { case: undefined };
  };
};

export type StreamRequest = Message & {
  responseDefinition?: Definition & { responseData: Uint8Array[]; error?: ErrorDefinition };
};

export type ServerCompatRequest = Message & {
  useTls: boolean;
  messageReceiveLimit: number;
  serverCreds?: { cert: Uint8Array; key: Uint8Array };
};

export class Contract {
  readonly registry: Registry;

  constructor(registry: Registry) {
    this.registry = registry;
  }

  schema(name: string): DescMessage {
    const found = this.registry.getMessage(`connectrpc.conformance.v1.${name}`);
    if (!found) throw new Error(`The suite has no message ${name}`);
    return found;
  }

  message(name: string, fields: Record<string, unknown>): Message {
    return create(this.schema(name), fields);
  }
}
