/** What a widget may ask of its host: anywidget's front-end module contract, and no more. */

export interface Model {
  get<T = unknown>(name: string): T;
  set(name: string, value: unknown): void;
  on(event: string, handler: () => void): void;
  off(event: string, handler: () => void): void;
  save_changes(): void;
  send(content: unknown): void;
}

export interface RenderProps {
  model: Model;
  el: HTMLElement;
  signal?: AbortSignal;
}

export interface WidgetModule {
  render(props: RenderProps): (() => void) | void;
}
