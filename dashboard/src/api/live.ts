/** What changes at the server, told as it changes: what is on the screen is read again. */
import { useEffect } from "react";
import { queries } from "./client";
import { useIsInsider } from "./session";

/** Figures that deliveries move are read again at most this often. */
const FIGURES_MS = 5_000;

export function useLive(): void {
  const isInsider = useIsInsider();
  useEffect(() => {
    if (!isInsider) return;
    let stream: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // The first states are those that the page has just read.
    let isFirst = true;
    const changed = ({ data }: MessageEvent<string>) => {
      if (isFirst) return;
      const { source } = JSON.parse(data) as { source: string };
      void queries.invalidateQueries({ predicate: ({ queryKey }) => JSON.stringify(queryKey).includes(JSON.stringify(source)) });
      moved();
    };
    const moved = () => {
      if (isFirst) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" });
      }, FIGURES_MS);
    };
    // A browser has few connections to a server, and a tab that nobody sees needs none.
    const follow = () => {
      stream?.close();
      stream = undefined;
      if (document.hidden) return;
      isFirst = true;
      stream = new EventSource("/api/v1/events");
      stream.addEventListener("sync", changed);
      stream.addEventListener("deliveries", changed);
      stream.addEventListener("alerts", changed);
      stream.addEventListener("analysis", moved);
      stream.addEventListener("open", () => setTimeout(() => (isFirst = false), 500));
    };
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      clearTimeout(timer);
      stream?.close();
    };
  }, [isInsider]);
}
