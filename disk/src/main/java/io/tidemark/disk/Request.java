// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

/**
 * One guest read, write, flush, discard or write-zeroes on its way to the image and back.
 *
 * <p>Requests are pooled: whoever owns the pool fills one in, pushes its own completion and submits it; each stage on
 * the way may push one more. {@link #complete(int)} pops the stages again in the opposite order. A request is only ever
 * touched by the thread of its loop.
 */
public final class Request {
    /** What a request asks for. */
    public enum Kind {
        READ,
        WRITE,
        FLUSH,
        DISCARD,
        WRITE_ZEROES
    }

    private static final int STAGES = 8;

    private final int id;
    private final IoVector data;
    private final Completion[] stages = new Completion[STAGES];
    private int depth;

    private Kind kind = Kind.FLUSH;
    private long offset;
    private long length;
    private boolean mayUnmap;
    private boolean durable;
    private boolean withoutEffect;

    /**
     * @param id the request's place in the pool of its loop, from 0; devices use it to index tables of their own
     * @param data empty; its capacity is how many data buffers the request can have at the most
     */
    public Request(int id, IoVector data) {
        this.id = id;
        this.data = data;
    }

    /** Starts a new life for a pooled request. Data buffers are added to {@link #data()} afterwards. */
    public void begin(Kind kind, long offset, long length) {
        if (depth != 0) {
            throw new IllegalStateException("request " + id + " is still on its way");
        }
        this.kind = kind;
        this.offset = offset;
        this.length = length;
        this.mayUnmap = false;
        this.durable = false;
        this.withoutEffect = false;
        data.clear();
    }

    /** The request's place in the pool of its loop: 0 up to the pool's size. */
    public int id() {
        return id;
    }

    public Kind kind() {
        return kind;
    }

    /** Where on the disk the request begins, in bytes; a multiple of 512. */
    public long offset() {
        return offset;
    }

    /** How many bytes of the disk it covers, a multiple of 512; 0 for a flush. */
    public long length() {
        return length;
    }

    /** The first byte behind the request's range. */
    public long end() {
        return offset + length;
    }

    /** Whether the request changes the disk's content. */
    public boolean changesContent() {
        return kind == Kind.WRITE || kind == Kind.DISCARD || kind == Kind.WRITE_ZEROES;
    }

    /** The memory to read into or to write from. A filter may put other buffers of the same length in their place. */
    public IoVector data() {
        return data;
    }

    /** For {@link Kind#WRITE_ZEROES}: whether the image may give the space back. */
    public boolean mayUnmap() {
        return mayUnmap;
    }

    public void mayUnmap(boolean allowed) {
        this.mayUnmap = allowed;
    }

    /** Whether a change must be on stable storage when it completes (the guest has switched the write cache off). */
    public boolean durable() {
        return durable;
    }

    public void durable(boolean required) {
        this.durable = required;
    }

    /** Set by an image that took a discard as the hint that it is and left the content as it was. */
    public boolean withoutEffect() {
        return withoutEffect;
    }

    public void withoutEffect(boolean none) {
        this.withoutEffect = none;
    }

    /** Lets the stage see the request's completion, before all the stages that were pushed earlier. */
    public void onCompletion(Completion stage) {
        stages[depth++] = stage;
    }

    /** Takes a request back that has stages but was never submitted. */
    public void takeBack() {
        while (depth > 0) {
            stages[--depth] = null;
        }
    }

    /**
     * Hands the request back to the stage that was pushed last.
     *
     * @param status 0, or a negative errno
     */
    public void complete(int status) {
        Completion stage = stages[--depth];
        stages[depth] = null;
        stage.completed(this, status);
    }

    @Override
    public String toString() {
        return kind + " [" + offset + ", +" + length + ") #" + id;
    }
}
