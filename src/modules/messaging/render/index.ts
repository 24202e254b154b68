export type { RecipientProfile } from './recipient.store.js';
export { RenderModule } from './render.module.js';
export { probeRenderProcess } from './render-process.js';
export type { RenderOrigin, RenderWork } from './rendering.js';
export type { MessageSource, RenderedContent, RenderResult } from './render.rules.js';
export { Renderer } from './render.service.js';
