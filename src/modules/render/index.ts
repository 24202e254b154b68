export type { RecipientProfile } from './recipient.store.js';
export { RenderModule } from './render.module.js';
export type {
  MessageSource,
  Recipient,
  RenderedContent,
  RenderForRecipient,
  RenderResult,
} from './render.rules.js';
export { Renderer } from './render.service.js';
export { Turns } from './turns.js';
