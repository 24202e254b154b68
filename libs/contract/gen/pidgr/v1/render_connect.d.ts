export { RenderService } from './render_pb.js';
