export { TemplatePreviewService } from './preview_pb.js';
