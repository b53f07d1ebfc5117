import { mount } from "svelte";
import "../design/base.css";
import Buyer from "./Buyer.svelte";

const target = document.getElementById("app");
if (target) mount(Buyer, { target });
